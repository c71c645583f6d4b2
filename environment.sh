#cloud-boothook
#!/bin/sh
# Writes the variables of the service, at every boot, before it is started. No value is shown.
umask 077
file=/run/understudy/environment
mkdir -p ${file%/*}
rm -f $file $file.*
export HOME=/root LC_ALL=C.UTF-8 AWS_PAGER=

fail() {
	echo "understudy: no environment, so that the service is not started: $*"
	rm -f $file.*
	exit 1
}

find_region() {
	command -v aws >/dev/null || fail "this image has no AWS CLI, by which parameters are fetched"
	command -v curl >/dev/null || fail "this image has no curl, by which the region is asked for"
	at=http://169.254.169.254/latest
	token=$(curl -sf --retry 5 -m 5 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' $at/api/token) &&
		region=$(curl -sf --retry 5 -m 5 -H "X-aws-ec2-metadata-token: $token" $at/meta-data/placement/region) ||
		fail "the metadata service does not tell the region"
}

# fetch NAME PARAMETER: a role's new policy is not in force everywhere at once, and is waited for.
fetch() {
	tries=24
	until value=$(aws ssm get-parameter --region "$region" --name="$2" --with-decryption --query Parameter.Value --output text \
		--cli-connect-timeout 5 --cli-read-timeout 10 2>$file.said && echo .); do
		tries=$((tries - 1))
		! grep -q ParameterNotFound $file.said || tries=0
		[ $tries -gt 0 ] || fail "$1: parameter $2: $(tail -n 1 $file.said)"
		sleep 5
	done
	{
		printf "%s='" "$1"
		printf %s "${value%
.}" | sed "s/'/'\\\\''/g"
		echo "'"
	} >>$file.new || fail "$1 cannot be written"
}

