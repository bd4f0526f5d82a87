#!/usr/bin/env bash
# --trace, --stats, --report and profile: what they say of a run is what the run was.
. "$(dirname "$0")/ctfrun.sh"
digits=($models/digits.pb --fill random:1 --dim 0=8)

# Figures vary from run to run; those of one file agree with each other.
json() { python3 -c "import json,sys,gzip
open_ = gzip.open if sys.argv[1].endswith('.gz') else open
t = json.load(open_(sys.argv[1], 'rt'))
print(eval(sys.argv[2]))" "$@"; }

run 0 "${digits[@]}" -q --trace "$scratch/t.json" --report "$scratch/r.html" --stats --json
complains 'memory  cpu:0  peak '
complains 'top:  '
complains ', exact'
cp "$scratch/out" "$scratch/run.json"
run 0 "${digits[@]}" -q -n 3 --jobs 2 --trace "$scratch/t.json.gz" --stats=full
complains '(median of 3)'
complains 'conv1/relu'
is "$(od -An -tx1 -N2 "$scratch/t.json.gz" | tr -d ' ')" 1f8b 'a trace in .gz is packed'

# ---- profile reads both
for trace in t.json t.json.gz; do
  run 0 profile "$scratch/$trace"
  says 'steps in [0-9.]+ ms, '
  says '^bottleneck: '
  says '^lane    .*stream 0: [0-9]+ steps, busy '
  says '^Conv2D\+BiasAdd\+Relu +2 '
done
run 0 profile "$scratch/t.json" --json
says '^\{"schema":"ctfrun/1","ok":true,"trace":.*"op":"Conv2D\+BiasAdd\+Relu","steps":2,'
# A trace made by hand, with everything known: 10 us of MatMul in two steps, 2 us of Relu, 8 us between them.
cat >"$scratch/hand.json" <<'END'
{"otherData":{"admitted_us":1,"end_us":21},"traceEvents":[
{"ph":"M","pid":0,"name":"process_name","args":{"name":"cpu"}},
{"ph":"X","pid":0,"tid":0,"ts":1,"dur":7,"cat":"kernel","name":"a","args":{"op":"MatMul","tensors":[{"name":"a:0","type":"float32 [2]","role":"output","bytes":1048576,"held":1048576,"offset":0,"start":1,"end":10,"device":0}]}},
{"ph":"X","pid":0,"tid":0,"ts":8,"dur":3,"cat":"kernel","name":"b","args":{"op":"MatMul","tensors":[]}},
{"ph":"X","pid":0,"tid":0,"ts":19,"dur":2,"cat":"kernel","name":"c","args":{"op":"Relu"}}]}
END
run 0 profile "$scratch/hand.json"
says '^bottleneck: MatMul takes 83 % of the time of all steps \(2 of them\); its slowest is "a" with 58 %$'
says '^lane    cpu stream 0: 3 steps, busy 57 %, waiting 0 %, between steps 38 %$'
says '^MatMul +2 +0.010 +83.3 +1.000  a \(0.007 ms\)$'
sed 's/"dur":[0-9]*/"dur":0.1/' "$scratch/hand.json" >"$scratch/gaps.json"
run 0 profile "$scratch/gaps.json"
says 'of the time lies between steps'
sed 's/"admitted_us":1/"admitted_us":15/' "$scratch/hand.json" >"$scratch/late.json"
run 0 profile "$scratch/late.json"
says 'passed before its first step'
sed '/"name":"a"/s/"cat":"kernel"/"cat":"wait"/; s/"dur":7/"dur":17/' "$scratch/hand.json" >"$scratch/waits.json"
run 0 profile "$scratch/waits.json"
says '^bottleneck: streams waited for each other 74 % of the time'
sed 's/"end":10,/"end":-10,/' "$scratch/hand.json" >"$scratch/backwards.json"  # a tensor that ends before it begins
run 0 profile "$scratch/backwards.json"
is "$(grep -c '^memory' "$scratch/out")" 0 'memory of a tensor that was never there'
echo '[]' >"$scratch/empty.json"
run 0 profile "$scratch/empty.json"
says '^bottleneck: nothing ran'
run 2 profile
for bad in README.md $models/seven.png "$scratch/none.json"; do run 3 profile "$bad"; done
head -c 3000 "$scratch/t.json" >"$scratch/part.json"
run 3 profile "$scratch/part.json"
complains 'is no trace'

# ---- what the trace holds
if command -v python3 >/dev/null; then
  t=$scratch/t.json
  is "$(json "$t" "sorted({e['ph'] for e in t['traceEvents']})")" "['C', 'M', 'X', 'f', 's']" 'kinds of events'
  is "$(json "$t" "[e['args']['op'] for e in t['traceEvents'] if e['ph'] == 'X' and e['name'] == 'conv1/relu']")" "['Conv2D+BiasAdd+Relu']" 'an op of it'
  is "$(json "$t" "all(e['ts'] >= 0 and e['dur'] >= 0 and e['ts'] + e['dur'] <= t['otherData']['end_us'] + 0.01 for e in t['traceEvents'] if e['ph'] == 'X')")" True 'times within the run'
  is "$(json "$t" "len([e for e in t['traceEvents'] if e['ph'] == 's']) == len([e for e in t['traceEvents'] if e['ph'] == 'f']) > 5")" True 'arrows have two ends'
  is "$(json "$t" "[e['args']['bytes'] for e in t['traceEvents'] if e['ph'] == 'C'][-1]")" 0 'the memory of the last moment'
  is "$(json "$scratch/t.json.gz" "t['otherData']['schema']")" 'ctfrun-trace/1' 'a packed trace'
  # The report's data are the run's.
  python3 - "$scratch/r.html" "$scratch/report.json" <<'END'
import json, re, sys
page = open(sys.argv[1], encoding="utf-8").read()
data = json.loads(re.search(r'<script id="data" type="application/json">(.*?)</script>', page, re.S).group(1))
assert "http" not in re.sub(r"http://www.w3.org/2000/svg", "", page), "the page names another place"
json.dump(data, open(sys.argv[2], "w"))
END
  is $? 0 'the report is a page with data'
  figure() { json "$scratch/report.json" "{f[0]: f[2] for f in t['figures']}['$1']"; }
  is "$(figure 'planned peak')" "$(json "$scratch/run.json" "t['memory']['cpu:0']['planned_peak']")" 'planned peak'
  is "$(figure budget)" "$(json "$scratch/run.json" "t['memory']['cpu:0']['budget']")" 'budget'
  is "$(figure runs)" "$(json "$scratch/run.json" "t['steps']")" runs
  is "$(json "$scratch/report.json" "round({f[0]: f[2] for f in t['figures']}['run'], 3)")" "$(json "$scratch/run.json" "t['time_us']['steps'][0]")" 'time of the run'
  is "$(figure 'recorded steps')" "$(json "$t" "len([e for e in t['traceEvents'] if e['ph'] == 'X'])")" 'steps of report and trace'
  is "$(json "$scratch/report.json" "t['devices'][0]['peak']")" \
    "$(json "$t" "max(e['args']['bytes'] for e in t['traceEvents'] if e['ph'] == 'C')")" 'peak of report and trace'
else
  skip trace-contents 'python3 is not installed'
fi

# ---- in a browser: it renders, and what it shows are the data
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
if [ -n "$browser" ] && command -v python3 >/dev/null; then
  "$browser" --headless --no-sandbox --disable-gpu --user-data-dir="$scratch/profile" --virtual-time-budget=5000 \
    --dump-dom "file://$scratch/r.html" >"$scratch/dom.html" 2>"$scratch/err"
  is "$(grep -c 'id="planned-peak"' "$scratch/dom.html")" 1 'the figures are shown'
  is "$(sed -n 's/.*id="planned-peak" data-value="\([0-9]*\)".*\|.*data-value="\([0-9]*\)" id="planned-peak".*/\1\2/p' "$scratch/dom.html")" \
    "$(figure 'planned peak')" 'the planned peak that is shown'
  is "$(($(grep -o '<rect' "$scratch/dom.html" | wc -l) > 12))" 1 'lanes and arena are drawn'
  is "$(($(grep -o '<path' "$scratch/dom.html" | wc -l) > 5))" 1 'memory over time is drawn'
else
  skip browser 'no chromium or python3 in PATH'
fi

# ---- failures
run 3 "${digits[@]}" -q --trace "$scratch/no/t.json"
run 3 "${digits[@]}" -q --report "$scratch/no/r.html"
finish
