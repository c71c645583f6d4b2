# What every script finds: the CLI at this cloud, addresses as the host reaches them, and names as its name servers answer.
set -euo pipefail
aws() { "$AWS" --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }
resolve() { dig +short +tries=20 "@${UNDERSTUDY_RESOLVER%:*}" -p "${UNDERSTUDY_RESOLVER#*:}" "$1" A | head -n 1; }
# twin ADDRESS: where the host reaches a public address of the cloud (docs/cloud.md, "Addresses").
twin() {
	local cloud=${UNDERSTUDY_RESOLVER#127.} region=1
	[[ $1 == 203.0.113.* ]] && region=2
	echo "127.${cloud%%.*}.$region.${1##*.}"
}
