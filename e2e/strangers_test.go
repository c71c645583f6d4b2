package e2e

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/understudy/understudy/internal/judge"
)

// play runs a play of testdata/ansible in both regions, with the certificate in a folder, and returns the tasks that changed something.
func (s *stage) play(python, tls, name string) (changed []string) {
	s.t.Helper()
	home := s.t.TempDir()
	r := s.runWithin(6*patience, "env", "HOME="+home, "ANSIBLE_LOCAL_TEMP="+home, "ANSIBLE_REMOTE_TEMP="+home, "ANSIBLE_NOCOLOR=1", "ANSIBLE_PIPELINING=1",
		"ANSIBLE_DEPRECATION_WARNINGS=0", "AWS_URL="+s.env["AWS_ENDPOINT_URL"],
		judge.Need(s.t, "ansible-playbook"), "-i", "testdata/ansible/inventory.yml",
		"-e", "ansible_python_interpreter="+python, "-e", "tls="+tls, "testdata/ansible/"+name)
	found := recap.FindAllStringSubmatch(r.stdout, -1)
	if r.code != 0 || len(found) != 2 {
		s.t.Fatalf("ansible-playbook %s: exit %d\n%s%s", name, r.code, r.stdout, r.stderr)
	}
	for _, region := range found {
		if region[2] != "0" {
			changed = append(changed, region[1]+": changed="+region[2])
		}
	}
	for task := range strings.SplitSeq(r.stdout, "\nTASK ") {
		if strings.Contains(task, "\nchanged: ") {
			changed = append(changed, task)
		}
	}
	return changed
}

var recap = regexp.MustCompile(`(?m)^(us-east-1|us-west-2) +: ok=\d+ +changed=(\d+) +unreachable=0 +failed=0 +skipped=\d+ +rescued=0 `)

// selfSigned writes a certificate for a name, and its key.
func selfSigned(t *testing.T, name string) (folder string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(90 * 24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	folder = t.TempDir()
	for file, block := range map[string]*pem.Block{"certificate": {Type: "CERTIFICATE", Bytes: der}, "key": {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(filepath.Join(folder, file+".pem"), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// Ansible's own modules, as Debian packages them, build two regions with NAT gateways, HTTPS and fleets that scale, and a name that leads to
// them by a play as people write it, find nothing to change when it is run again, and remove all of it.
func TestAnsibleBuildsAndRemovesTwoRegions(t *testing.T) {
	t.Parallel()
	judge.Need(t, "ansible-playbook")
	s := start(t)
	python := filepath.Join(warm.programs(t, "boto3"), "python")
	tls := selfSigned(t, "www.shop.test")
	if changed := s.play(python, tls, "build.yml"); len(changed) == 0 {
		t.Error("nothing was built")
	}
	s.until("the page is the primary's", func() bool { return strings.Contains(s.page(s.dig("www.shop.test")), primary) })
	s.securely(tls, "www.shop.test")
	if changed := s.play(python, tls, "build.yml"); len(changed) > 0 {
		t.Errorf("the second run changes: %s", strings.Join(changed, "\n"))
	}
	if changed := s.play(python, tls, "remove.yml"); len(changed) == 0 {
		t.Error("nothing was removed")
	}
	s.nothingIsLeft()
	if changed := s.play(python, tls, "remove.yml"); len(changed) > 0 {
		t.Errorf("removing it twice changes: %s", strings.Join(changed, "\n"))
	}
}

// securely asks for the page over HTTPS, with curl, which must know the certificate and get the load balancer's cookie.
func (s *stage) securely(tls, name string) {
	s.t.Helper()
	address, _, _ := strings.Cut(s.dig(name), "\n")
	r := s.run(judge.Need(s.t, "curl"), "-s", "-i", "--max-time", "60", "--cacert", filepath.Join(tls, "certificate.pem"),
		"--connect-to", fmt.Sprintf("%s:443:%s:%d", name, address, s.port(443)), "https://"+name+"/")
	if !strings.Contains(r.stdout, " 200") || !strings.Contains(strings.ToLower(r.stdout), "set-cookie: awsalb=") {
		s.t.Errorf("over HTTPS, curl ends with %d: %s%s", r.code, r.stdout, r.stderr)
	}
}

// waitless lists the waiters of Debian's AWS CLI that no script of testdata/scripts waits with, by what they would wait for: it
// is not here.
var waitless = map[string]string{
	"ec2 bundle-task-complete":            "bundles are of instance stores",
	"ec2 conversion-task-cancelled":       "machines of other clouds are not imported by conversion tasks",
	"ec2 conversion-task-completed":       "machines of other clouds are not imported by conversion tasks",
	"ec2 conversion-task-deleted":         "machines of other clouds are not imported by conversion tasks",
	"ec2 customer-gateway-available":      "no VPN",
	"ec2 export-task-cancelled":           "images are not exported",
	"ec2 export-task-completed":           "images are not exported",
	"ec2 network-interface-available":     "not waited for: no script makes an interface",
	"ec2 password-data-available":         "no Windows",
	"ec2 spot-instance-request-fulfilled": "no spot instances",
	"ec2 volume-available":                "not waited for: no script makes a volume",
	"ec2 vpn-connection-available":        "no VPN",
	"ec2 vpn-connection-deleted":          "no VPN",
}

// Every script that people would write from a tutorial runs to its end, with the AWS CLI as Debian packages it, and removes what it
// has made.
func TestScriptsOfTheAWSCLI(t *testing.T) {
	t.Parallel()
	judge.Need(t, "dig")
	judge.Need(t, "curl")
	s := start(t)
	program := filepath.Join(warm.programs(t, "awscli"), "aws")
	t.Run("all", func(t *testing.T) {
		for _, name := range []string{"failover", "fleet", "identity", "machines", "regions", "vpc"} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				each := &stage{t: t, dir: s.dir, env: s.env}
				r := each.run("env", "AWS="+program, "TMPDIR="+t.TempDir(), "bash", "-c", `. testdata/scripts/prelude.sh; . "$1"`, name, "testdata/scripts/"+name+".sh")
				if r.code != 0 {
					t.Errorf("exit %d\n%s%s", r.code, r.stdout, r.stderr)
				}
			})
		}
	})
	s.nothingIsLeft()
}

// Each waiter of the CLI for what the cloud has is in a script, or its absence has a reason.
func TestEveryWaiterOfTheAWSCLIIsTried(t *testing.T) {
	t.Parallel()
	out, err := exec.Command(judge.Need(t, "python3:boto3"), "-c", `
import boto3, botocore
for service in "ec2", "elbv2", "autoscaling", "route53", "cloudwatch", "iam", "sts":
    for name in boto3.client(service, region_name="us-east-1").waiter_names:
        print(service, name.replace("_", "-"))`).Output()
	if err != nil {
		t.Fatal(err)
	}
	scripts, err := filepath.Glob("testdata/scripts/*.sh")
	if err != nil {
		t.Fatal(err)
	}
	waited := map[string]bool{}
	for _, name := range scripts {
		script, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range waits.FindAllStringSubmatch(string(script), -1) {
			waited[found[1]+" "+found[2]] = true
		}
	}
	for name := range strings.Lines(string(out)) {
		name = strings.TrimSpace(name)
		if _, reason := waitless[name]; waited[name] == reason {
			t.Errorf("%s: in a script %t, left out with a reason %t", name, waited[name], reason)
		}
	}
}

var waits = regexp.MustCompile(`aws ([a-z0-9]+) wait ([a-z-]+)`)
