
6
aConst*
dtype0*
v