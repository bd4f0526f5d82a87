
&
nConst*
valueB"abb