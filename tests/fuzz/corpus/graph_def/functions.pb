
”*‘
k‹Rˆ
f‚
k}R{
fv
kqRo
fj
keRc
f^
kYRW
fR
kMRK
fF
kAR?
f:
k5R3
f.
k)R'
f"
kR
f
kR
f

kR
f