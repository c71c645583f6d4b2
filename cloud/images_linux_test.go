package cloud_test

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	oci "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/understudy/understudy/cloud"
	"github.com/understudy/understudy/cloud/internal/rootfs/rootfstest"
	"github.com/understudy/understudy/internal/judge"
)

// serverSource is a web server that needs no system. It answers with its argument, and what of the root it sees.
const serverSource = `package main

import ("fmt"; "net/http"; "os")

func main() {
	http.ListenAndServe(":8080", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		lower, _ := os.ReadFile("/etc/lower")
		_, host := os.Stat("/usr/bin/env")
		fmt.Fprintf(w, "%s: lower %q, host's files %t", os.Args[1], lower, host == nil)
	}))
}
`

// buildServer builds it, for instances of any system.
func buildServer(t *testing.T) string {
	t.Helper()
	source, program := filepath.Join(t.TempDir(), "main.go"), filepath.Join(t.TempDir(), "server")
	if err := os.WriteFile(source, []byte(serverSource), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "build", "-ldflags=-s -w", "-o", program, source)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(needed(os.ReadFile(program))(t))
}

// web is a cloud with a security group of its default VPC that lets users in at port 8080.
type web struct {
	*cloud.Cloud
	*ec2.Client
	t     *testing.T
	group string
}

func newWeb(t *testing.T) *web {
	c := start(t, cloud.Options{Regions: []string{"us-east-1"}})
	w := &web{Cloud: c, Client: client(c, ""), t: t}
	w.group = *needed(w.CreateSecurityGroup(t.Context(), &ec2.CreateSecurityGroupInput{GroupName: aws.String("web"), Description: aws.String("web")}))(t).GroupId
	needed(w.AuthorizeSecurityGroupIngress(t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: &w.group, IpProtocol: aws.String("tcp"), FromPort: aws.Int32(8080), ToPort: aws.Int32(8080), CidrIp: aws.String("0.0.0.0/0"),
	}))(t)
	return w
}

// hostImage is the image of the machine's own system.
func (w *web) hostImage() string {
	w.t.Helper()
	named := []ec2types.Filter{{Name: aws.String("name"), Values: []string{"understudy-host-*"}}}
	return *needed(w.DescribeImages(w.t.Context(), &ec2.DescribeImagesInput{Filters: named}))(w.t).Images[0].ImageId
}

// serves launches an instance of an image and waits until it answers at its public address with a text.
func (w *web) serves(image, userData, want string) (instance string) {
	w.t.Helper()
	in := &ec2.RunInstancesInput{
		ImageId: &image, InstanceType: ec2types.InstanceTypeT3Micro, MinCount: aws.Int32(1), MaxCount: aws.Int32(1), SecurityGroupIds: []string{w.group},
	}
	if runtime.GOARCH == "arm64" {
		in.InstanceType = ec2types.InstanceTypeT4gMicro
	}
	if userData != "" {
		in.UserData = asUserData(w.t, userData)
	}
	instance = *needed(w.RunInstances(w.t.Context(), in))(w.t).Instances[0].InstanceId
	w.answers(instance, want)
	return instance
}

func (w *web) answers(instance, want string) {
	w.t.Helper()
	last := ""
	w.t.Cleanup(func() {
		if w.t.Failed() {
			out, err := w.GetConsoleOutput(w.t.Context(), &ec2.GetConsoleOutputInput{InstanceId: &instance})
			w.t.Log(instance, last, err, decoded(w.t, aws.ToString(out.Output)))
		}
	})
	until(w.t, instance+" answers "+want, func() bool {
		all := needed(w.DescribeInstances(w.t.Context(), &ec2.DescribeInstancesInput{InstanceIds: []string{instance}}))(w.t)
		i := all.Reservations[0].Instances[0]
		if i.PublicIpAddress == nil || i.State.Name != ec2types.InstanceStateNameRunning {
			return false
		}
		at := twin(w.t, w.Cloud, netip.MustParseAddr(*i.PublicIpAddress))
		resp, err := http.Get("http://" + at.String() + "/")
		if err != nil {
			last = err.Error()
			return false
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		last = fmt.Sprint(string(b), err)
		return strings.Contains(string(b), want)
	})
}

// An OCI image runs its entry point, and an image over the host's what its user data says: both through security groups, and
// both in copies of them, and after a stop.
func TestImportedImagesServe(t *testing.T) {
	t.Parallel()
	w := newWeb(t)
	server := buildServer(t)
	layout := rootfstest.NewLayout(t)
	layout.Index("web", layout.Image(
		oci.Image{
			Platform: oci.Platform{OS: "linux", Architecture: runtime.GOARCH},
			Config:   oci.ImageConfig{Entrypoint: []string{"/bin/server"}, Cmd: []string{"from the image"}},
		},
		rootfstest.Tar(t, map[string]string{"etc/lower": "kept", "etc/gone": "x", "bin/server": server}),
		rootfstest.Tar(t, map[string]string{"etc/.wh.gone": ""}),
	))
	attached := needed(cloud.Attach(t.Context(), w.Status().Dir))(t)
	whole := needed(attached.ImportImage(t.Context(), "us-east-1", cloud.Image{Source: layout.Dir, Name: "whole"}))(t)
	first := w.serves(whole.ID, "", `from the image: lower "kept", host's files false`)

	tarball := filepath.Join(t.TempDir(), "over.tar.gz")
	f := needed(os.Create(tarball))(t)
	z := gzip.NewWriter(f)
	if _, err := z.Write(rootfstest.Tar(t, map[string]string{"usr/local/bin/server": server})); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	f.Close()
	over := needed(w.Cloud.ImportImage(t.Context(), "us-east-1", cloud.Image{Source: tarball, Name: "over", OnHost: true}))(t)
	w.serves(over.ID, "#!/bin/sh\nserver 'from the user data' &\n", `from the user data: lower "", host's files true`)

	needed(w.StopInstances(t.Context(), &ec2.StopInstancesInput{InstanceIds: []string{first}}))(t)
	until(t, "stopped", func() bool {
		all := needed(w.DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{InstanceIds: []string{first}}))(t)
		return all.Reservations[0].Instances[0].State.Name == ec2types.InstanceStateNameStopped
	})
	copied := needed(w.CreateImage(t.Context(), &ec2.CreateImageInput{InstanceId: &first, Name: aws.String("of the instance")}))(t)
	until(t, "an image of it", func() bool {
		all := needed(w.DescribeImages(t.Context(), &ec2.DescribeImagesInput{ImageIds: []string{*copied.ImageId}}))(t)
		return all.Images[0].State == ec2types.ImageStateAvailable
	})
	w.serves(*copied.ImageId, "", `from the image: lower "kept", host's files false`)

	// What is taken out and brought in again serves as before: the instance's image, of several layers, and what lies over the host's.
	folder := t.TempDir()
	for _, c := range []struct {
		id, name, data, want string
		onHost               bool
	}{
		{*copied.ImageId, "whole again", "", `from the image: lower "kept", host's files false`, false},
		{over.ID, "over again", "#!/bin/sh\nserver 'from the user data' &\n", `from the user data: lower "", host's files true`, true},
	} {
		out := filepath.Join(folder, c.id)
		if made := needed(attached.ExportImage(t.Context(), "us-east-1", c.id, out))(t); made.OnHost != c.onHost || made.Layers == 0 {
			t.Errorf("taken out: %+v", made)
		}
		again := needed(attached.ImportImage(t.Context(), "us-east-1", cloud.Image{Source: out, Name: c.name, OnHost: c.onHost}))(t)
		w.serves(again.ID, c.data, c.want)
		if _, err := w.Cloud.ExportImage(t.Context(), "us-east-1", c.id, out); !errors.Is(err, fs.ErrExist) {
			t.Errorf("into a folder that is there: %v", err)
		}
	}
	if _, err := attached.ExportImage(t.Context(), "us-east-1", w.hostImage(), filepath.Join(folder, "host")); err == nil ||
		!strings.Contains(err.Error(), "no files of its own") {
		t.Errorf("the host's: %v", err)
	}
	if _, err := attached.ExportImage(t.Context(), "us-east-1", "ami-00000000", filepath.Join(folder, "none")); err == nil ||
		!strings.Contains(err.Error(), "does not exist") {
		t.Errorf("none: %v", err)
	}

	if again, err := w.Cloud.ImportImage(t.Context(), "us-east-1", cloud.Image{Source: tarball, Name: "over"}); err == nil ||
		!strings.Contains(err.Error(), "is already in use") {
		t.Errorf("a second image of a name: %v, %v", again, err)
	}
}

// Debian's nginx is started by a script, and by #cloud-config, as a user of either would write it.
func TestDebiansServiceServes(t *testing.T) {
	t.Parallel()
	judge.Need(t, "nginx")
	w := newWeb(t)
	const site = "server { listen 8080; root /srv/web; }"
	w.serves(w.hostImage(), `#!/bin/bash
set -e
apt-get install -y nginx-light || true
mkdir -p /srv/web && echo by a script >/srv/web/index.html
sed -i 's/^user .*/user root;/' /etc/nginx/nginx.conf
rm -f /etc/nginx/sites-enabled/*
echo '`+site+`' >/etc/nginx/conf.d/web.conf
nginx
`, "by a script")
	w.serves(w.hostImage(), `#cloud-config
packages: [nginx-light]
write_files:
  - {path: /srv/web/index.html, content: "by cloud-config\n"}
  - {path: /etc/nginx/conf.d/web.conf, content: "`+site+`"}
runcmd:
  - sed -i 's/^user .*/user root;/' /etc/nginx/nginx.conf
  - rm -f /etc/nginx/sites-enabled/default
  - [nginx]
`, "by cloud-config")
}
