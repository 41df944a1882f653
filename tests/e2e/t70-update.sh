#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# bqindex update and optimize: files come, change and go; what is as it was is
# not even opened, what was only touched is not indexed again; options that
# differ build anew; a stopped run leaves nothing.
. "$(dirname "$0")/lib.sh"
cd "$tmp"

# The documents that a dump shows, without what depends on their segment.
docs_of() {
	"$bqindex" dump "$1" | grep -v '"dead":true' | sed 's/"doc":"[^"]*",//' | sort
}

# The index equals one built from these sources.
same_as_built() {
	rm -rf fresh
	"$bqindex" build -o fresh "$@" 2>/dev/null
	docs_of index >a
	docs_of fresh >b
	cmp a b || fail "the updated index is not what a build makes"
	run 0 verify index
}

mkdir -p docs/sub
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo "document $i shares data number$i" >docs/$i.txt; done
printf '{"id":1,"text":"alpha"}\n{"id":2,"text":"beta"}\n' >docs/r.jsonl
find docs -type f -exec touch -d '2025-01-02 03:04:05 UTC' {} +

# --- an update makes what is missing --------------------------------------
run 0 update --json -o index docs
says out '"rebuilt":true'
says out '"added":14'
same_as_built docs

# --- nothing to do: no new generation, no file opened ----------------------
if [ "$(id -u)" != 0 ]; then chmod 000 docs/1.txt; fi
before=$(cat index/MANIFEST)
run 0 update --json -o index docs
says out '"published":false'
says out '"gen":1'
says out '"kept":14'
run 0 update -o index docs
says err 'nothing has changed: generation 1 stays'
[ "$before" = "$(cat index/MANIFEST)" ] || fail "MANIFEST has changed"
chmod 600 docs/1.txt

# --- added, changed, touched, gone, renamed --------------------------------
echo "a new document" >docs/sub/new.txt
echo "changed words" >docs/2.txt
touch docs/3.txt
rm docs/4.txt
mv docs/5.txt docs/five.txt
run 0 update --json -o index docs
says out '"rebuilt":false'
says out '"added":3'
says out '"dropped":3'
says out '"kept":11'
says out '"restamped":1'
says out '"documents":14'
same_as_built docs
run 2 dump index --postings number4 # more than a fifth was dead: the segment is a new one
says err 'no word number4'

# --- touched, all of them: times of their own, that a merge takes over --------
find docs -type f -exec touch -d '2025-01-03 03:04:05 UTC' {} +
run 0 update --json -o index docs
says out '"added":0'
says out '"restamped":14'
says out '"merges":0'
ls index/*.stat.* >/dev/null || fail "times in no file"
same_as_built docs
run 0 update --json -o index docs
says out '"published":false'
run 0 update --json -o index docs
cp -R index copy
run 0 optimize copy
docs_of copy >a
cmp a b || fail "optimize loses the new times"
touch docs/1.txt docs/2.txt
run 0 update --json -o index docs
says out '"restamped":2'
[ -z "$(ls index/*.stat.* | sed 's/\.stat.*//' | uniq -d)" ] || fail "a stat file is left over"
same_as_built docs

# --- a record is compared with the one of its line ---------------------------
echo '{"id":3,"text":"gamma"}' >>docs/r.jsonl
run 0 update --json -o index docs
says out '"added":1'
says out '"dropped":0'
says out '"restamped":2'
same_as_built docs
printf '{"id":2,"text":"beta"}\n{"id":3,"text":"gamma"}\n' >docs/r.jsonl
run 0 update --json -o index docs
says out '"added":2'
says out '"dropped":3'
same_as_built docs

# --- the sources named are the sources --------------------------------------
mkdir other
echo "from elsewhere" >other/o.txt
run 0 update --json -o index docs other
says out '"added":1'
says out '"dropped":0'
same_as_built docs other
run 0 update --json -o index other
says out '"documents":1'
same_as_built other
[ "$(grep -c '^source' index/MANIFEST)" = 1 ] || fail "a source stays that was not named"
run 0 update -o index docs other
echo '{"id":"s","text":"standard input"}' >lines
run 0 update --json -o index - docs other <lines
says out '"added":1'
run 0 update --json -o index - docs other <lines
says out '"published":false'
echo '{"id":"s","text":"other input"}' >lines
run 0 update --json -o index - docs other <lines
says out '"added":1'
says out '"dropped":1'
run 0 update --json -o index docs other
says out '"dropped":1'
same_as_built docs other

# --- what is excluded now is gone --------------------------------------------
run 0 update --json -o index --exclude 'o.*' docs other
says out '"dropped":1'
run 0 update -o index docs other
same_as_built docs other

# --- many small updates: few segments ----------------------------------------
for i in $(seq 30); do
	echo "update $i" >docs/u.txt
	touch -d "2025-02-02 03:04:$((i + 10)) UTC" docs/u.txt
	run 0 update -o index docs other
done
[ "$(ls index/*.seg | wc -l)" -le 24 ] || fail "too many segments"
same_as_built docs other

# --- optimize ----------------------------------------------------------------
run 0 optimize --json index
says out '"published":true'
[ "$(ls index)" = "$(ls index/*.seg | sed 's,.*/,,')
LOCK
MANIFEST" ] || fail "optimize leaves more than a segment: $(ls index)"
[ "$(ls index/*.seg | wc -l)" = 1 ] || fail "optimize leaves several segments"
same_as_built docs other
run 0 optimize --json index
says out '"published":false'
run 2 optimize nowhere
run 2 optimize docs

# --- options: not given they stay, others build anew -------------------------
run 0 update --json -o index --lang none docs other
says out '"why":"another language'
run 0 update --json -o index docs other
says out '"published":false'
run 0 info index
says out 'analysis   none'
run 0 update --json -o index --k1 1.5 docs other
says out '"why":"another k1 or b"'
run 0 update --json -o index --no-store docs other
says out '"why":"text is stored, or not'
run 0 update --json -o index docs other
says out '"published":false'
run 0 build -o index docs other

# --- stopped ------------------------------------------------------------------
# More records than a pipe holds come through one that stays open: when all are in
# it, some are read, and the signal finds the program at work.
before=$(ls index; cat index/MANIFEST)
mkfifo pipe
"$bqindex" update --memory 1 -o index - <pipe >out 2>err &
pid=$!
exec 3>pipe
yes '{"text":"some words of a record"}' | head -n 4000 >&3
kill -INT $pid
code=0
wait $pid || code=$?
exec 3>&-
[ $code = 2 ] || fail "a stopped update exits $code"
says err 'stopped by a signal'
[ "$before" = "$(ls index; cat index/MANIFEST)" ] || fail "a stopped update leaves something: $(ls index)"

# Killed: the next writer takes away what is left.
"$bqindex" update --memory 1 -o index - <pipe >out 2>err &
pid=$!
exec 3>pipe
yes '{"text":"some words of a record"}' | head -n 4000 >&3
kill -KILL $pid
wait $pid || true
exec 3>&-
same_as_built docs other
run 0 update -o index docs other
[ "$before" = "$(ls index; cat index/MANIFEST)" ] || fail "a killed update leaves something: $(ls index)"
echo ok
