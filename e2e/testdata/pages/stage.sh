# What a page of the manual has before its first command: a cloud, the example's stack in both regions, and its declaration. Where they are there
# already nothing is done, so that pages may follow each other on one stage.
understudy cloud env >/dev/null 2>&1 || understudy cloud start --speed 30 >/dev/null
eval "$(understudy cloud env)"
cp "$CHECKOUT/examples/hello/understudy.yaml" .
understudy up >up.txt 2>&1 || cat up.txt
