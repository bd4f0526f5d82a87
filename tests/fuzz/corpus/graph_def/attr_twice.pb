

nConst*
k*
k(