
v
nConst*j
valueaBT"PppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppBB: