//go:build linux

package cloud_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/understudy/understudy/cloud"
)

const trustsEC2 = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`

// sayRole has an instance print its role's credentials on its console at each boot, as it reads them in its own network.
const sayRole = `#!/bin/bash
mkdir -p /var/lib/cloud/scripts/per-boot
cat >/var/lib/cloud/scripts/per-boot/say <<'END'
#!/bin/bash
get() { exec 3<>/dev/tcp/169.254.169.254/80; printf 'GET /latest/meta-data/iam/%s HTTP/1.0\r\n\r\n' "$1" >&3; sed '1,/^\r$/d' <&3; exec 3>&-; }
role=$(get security-credentials/)
echo "ROLE $role KEYS $(get "security-credentials/$role" | tr -d '\n') END" >/dev/console
END
chmod 755 /var/lib/cloud/scripts/per-boot/say
/var/lib/cloud/scripts/per-boot/say
`

// An instance reads its role's credentials, also after its region was lost, and whoever has them signs as its session. An
// instance's network has no way to the front door, so that the test signs with what the instance has read.
func TestInstanceSignsByItsRole(t *testing.T) {
	t.Parallel()
	c := start(t, cloud.Options{Regions: []string{"us-east-1"}})
	ctx, id, api := t.Context(), users(c), client(c, "")
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(id.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("web-role"), AssumeRolePolicyDocument: aws.String(trustsEC2)}))
	must(id.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: aws.String("web")}))
	must(id.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{
		InstanceProfileName: aws.String("web"), RoleName: aws.String("web-role"),
	}))
	instance := launchAs(t, api, sayRole, "web")
	said := func(times int) (keys struct{ Code, AccessKeyID, SecretAccessKey, Token string }) {
		t.Helper()
		var all []string
		until(t, "the instance says its role", func() bool {
			all = strings.Split(consoleBy(t, api, instance), "ROLE web-role KEYS ")
			return len(all) > times && strings.Contains(all[times], " END")
		})
		text, _, _ := strings.Cut(all[times], " END")
		if err := json.Unmarshal([]byte(text), &keys); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		return keys
	}
	for boot := 1; boot <= 2; boot++ {
		keys := said(boot)
		o := client(c, "").Options()
		arn, err := sts.New(sts.Options{
			BaseEndpoint: o.BaseEndpoint, Region: o.Region, RetryMaxAttempts: 1, HTTPClient: o.HTTPClient,
			Credentials: credentials.NewStaticCredentialsProvider(keys.AccessKeyID, keys.SecretAccessKey, keys.Token),
		}).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
		if err != nil || *arn.Arn != "arn:aws:sts::"+c.Status().Account+":assumed-role/web-role/"+instance {
			t.Errorf("boot %d: %+v, %v", boot, arn, err)
		}
		if boot == 1 {
			if err := c.KillRegion(ctx, "us-east-1"); err != nil {
				t.Fatal(err)
			}
			if err := c.StartRegion(ctx, "us-east-1"); err != nil {
				t.Fatal(err)
			}
		}
	}
}
