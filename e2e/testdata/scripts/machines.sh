# An instance in the default VPC, from its key pair to its image. Removes all of it.
aws ec2 create-key-pair --key-name tutorial --query KeyMaterial --output text > "$TMPDIR/tutorial.pem"
aws ec2 wait key-pair-exists --key-names tutorial
image=$(aws ec2 describe-images --owners amazon --filters 'Name=name,Values=understudy-hello-*' --query 'sort_by(Images, &CreationDate)[-1].ImageId' --output text)
aws ec2 wait image-exists --image-ids "$image"
group=$(aws ec2 create-security-group --group-name machines --description machines --query GroupId --output text)
aws ec2 authorize-security-group-ingress --group-id "$group" --protocol tcp --port 8080 --cidr 0.0.0.0/0

instance=$(aws ec2 run-instances --image-id "$image" --instance-type t3.micro --key-name tutorial --security-group-ids "$group" \
	--user-data '#!/bin/sh
hello -addr :8080 &' --query 'Instances[0].InstanceId' --output text)
aws ec2 wait instance-exists --instance-ids "$instance"
aws ec2 wait instance-running --instance-ids "$instance"
aws ec2 wait instance-status-ok --instance-ids "$instance"
aws ec2 wait system-status-ok --instance-ids "$instance"
volume=$(aws ec2 describe-instances --instance-ids "$instance" --query 'Reservations[0].Instances[0].BlockDeviceMappings[0].Ebs.VolumeId' --output text)
aws ec2 wait volume-in-use --volume-ids "$volume"

address=$(aws ec2 describe-instances --instance-ids "$instance" --query 'Reservations[].Instances[].PublicIpAddress' --output text)
curl --silent --show-error --retry 20 --retry-all-errors --retry-delay 1 "http://$(twin "$address"):8080/healthz"

aws ec2 stop-instances --instance-ids "$instance"
aws ec2 wait instance-stopped --instance-ids "$instance"
ami=$(aws ec2 create-image --instance-id "$instance" --name tutorial --query ImageId --output text)
aws ec2 wait image-available --image-ids "$ami"
snapshot=$(aws ec2 describe-images --image-ids "$ami" --query 'Images[0].BlockDeviceMappings[0].Ebs.SnapshotId' --output text)
aws ec2 wait snapshot-completed --snapshot-ids "$snapshot"

aws ec2 terminate-instances --instance-ids "$instance"
aws ec2 wait instance-terminated --instance-ids "$instance"
aws ec2 wait volume-deleted --volume-ids "$volume"
aws ec2 deregister-image --image-id "$ami"
aws ec2 delete-snapshot --snapshot-id "$snapshot"
aws ec2 delete-security-group --group-id "$group"
aws ec2 delete-key-pair --key-name tutorial
