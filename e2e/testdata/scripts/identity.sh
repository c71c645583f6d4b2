# A role with a policy and an instance profile, and a user with a key. Removes all of it.
aws iam create-role --role-name tutorial --assume-role-policy-document \
	'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
aws iam wait role-exists --role-name tutorial
policy=$(aws iam create-policy --policy-name tutorial --query Policy.Arn --output text --policy-document \
	'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ec2:Describe*","Resource":"*"}]}')
aws iam wait policy-exists --policy-arn "$policy"
aws iam attach-role-policy --role-name tutorial --policy-arn "$policy"
aws iam create-instance-profile --instance-profile-name tutorial
aws iam wait instance-profile-exists --instance-profile-name tutorial
aws iam add-role-to-instance-profile --instance-profile-name tutorial --role-name tutorial
aws iam create-user --user-name tutorial
aws iam wait user-exists --user-name tutorial
key=$(aws iam create-access-key --user-name tutorial --query AccessKey.AccessKeyId --output text)
[ "$(aws sts get-caller-identity --query Account --output text)" = "$(cut -d: -f5 <<<"$policy")" ]

aws iam delete-access-key --user-name tutorial --access-key-id "$key"
aws iam delete-user --user-name tutorial
aws iam remove-role-from-instance-profile --instance-profile-name tutorial --role-name tutorial
aws iam delete-instance-profile --instance-profile-name tutorial
aws iam detach-role-policy --role-name tutorial --policy-arn "$policy"
aws iam delete-policy --policy-arn "$policy"
aws iam delete-role --role-name tutorial
