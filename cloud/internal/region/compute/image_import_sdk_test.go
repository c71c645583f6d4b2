package compute_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/rootfs"
	"github.com/understudy/understudy/cloud/internal/rootfs/rootfstest"
)

// imported sends a tarball to the region as the front door does.
func (d *desk) imported(body io.Reader, contentType string) *httptest.ResponseRecorder {
	d.T.Helper()
	q := httptest.NewRequestWithContext(d.T.Context(), http.MethodPost, "/images", body)
	q.Header.Set("Content-Type", contentType)
	w := httptest.NewRecorder()
	d.Region.PeerHandler().ServeHTTP(w, q)
	return w
}

// tarball is the body that sends a tarball.
func (d *desk) tarball(content []byte, i rootfs.Image) (io.ReadCloser, string) {
	d.T.Helper()
	path := filepath.Join(d.T.TempDir(), "root.tar")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		d.T.Fatal(err)
	}
	s, err := rootfs.Open(path, "", "")
	if err != nil {
		d.T.Fatal(err)
	}
	return s.Send(d.T.Context(), i)
}

// left lists the account's images and snapshots, and the region's layers beside those of the public images.
func (d *desk) left() (all []string) {
	d.T.Helper()
	images, err := d.DescribeImages(d.T.Context(), &ec2.DescribeImagesInput{Owners: []string{"self"}})
	if err != nil {
		d.T.Fatal(err)
	}
	for _, i := range images.Images {
		all = append(all, *i.ImageId+" "+string(i.State))
	}
	for _, s := range d.snapshots(&ec2.DescribeSnapshotsInput{OwnerIds: []string{"self"}}) {
		all = append(all, *s.SnapshotId)
	}
	return append(all, d.Files("layers")...)
}

// A sender that is answered while it still sends sees a broken pipe and not the answer.
func TestSenderOfARefusedImageIsHeardOut(t *testing.T) {
	d := newDesk(t)
	content := rootfstest.Tar(t, map[string]string{"srv/a": strings.Repeat("a", 1<<20)})
	for _, want := range []int{http.StatusOK, http.StatusConflict} { // the second time the name is taken
		body, contentType := d.tarball(content, rootfs.Image{Name: "web"})
		w := d.imported(body, contentType)
		if n, err := body.Read(make([]byte, 1)); w.Code != want || n != 0 || err == nil {
			t.Errorf("answered %d, want %d; more to send: %d bytes, %v", w.Code, want, n, err)
		}
	}
}

func TestImportedImageIsAnImage(t *testing.T) {
	d := newDesk(t)
	content := rootfstest.Tar(t, map[string]string{"srv/a": "a"})
	w := d.imported(d.tarball(content, rootfs.Image{Name: "web", Description: "from outside"}))
	if w.Code != http.StatusOK {
		t.Fatal(w.Code, w.Body)
	}
	out, err := d.DescribeImages(t.Context(), &ec2.DescribeImagesInput{Owners: []string{"self"}})
	if err != nil || len(out.Images) != 1 {
		t.Fatal(out, err)
	}
	i := out.Images[0]
	if !strings.Contains(w.Body.String(), *i.ImageId) || *i.Name != "web" || *i.Description != "from outside" || i.State != ec2types.ImageStateAvailable ||
		len(i.BlockDeviceMappings) != 1 {
		t.Errorf("%s: %+v", w.Body, i)
	}
	d.Reopen()
	_, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	instance := d.RunImage(*i.ImageId, subnet, 1)[0]
	m, _ := d.Machine(instance)
	if len(m.Spec.Layers) != 1 {
		t.Fatalf("layers %v", m.Spec.Layers)
	}
	if b, err := os.ReadFile(filepath.Join(m.Spec.Layers[0], "@root", "srv", "a")); err != nil || string(b) != "a" {
		t.Errorf("the layer has %q, %v", b, err)
	}
	if w := d.imported(d.tarball(content, rootfs.Image{Name: "web"})); w.Code != http.StatusConflict ||
		!strings.Contains(w.Body.String(), "InvalidAMIName.Duplicate") {
		t.Errorf("a second image of the name: %d %s", w.Code, w.Body)
	}
}

func TestImportThatFailsLeavesNothing(t *testing.T) {
	d := newDesk(t)
	good, evil := rootfstest.Tar(t, map[string]string{"srv/a": "a"}), rootfstest.Tar(t, map[string]string{"../a": "a"})
	before := d.left()
	for want, i := range map[string]rootfs.Image{
		"InvalidAMIName.Malformed": {Name: "x"},
		"cannot run here":          {Name: "web", Architecture: "i386"},
	} {
		if w := d.imported(d.tarball(good, i)); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%+v: %d %s, want %s", i, w.Code, w.Body, want)
		}
	}
	if w := d.imported(d.tarball(evil, rootfs.Image{Name: "web"})); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "leads out of it") {
		t.Errorf("a way out: %d %s", w.Code, w.Body)
	}
	if w := d.imported(strings.NewReader("hello"), "text/plain"); w.Code != http.StatusBadRequest {
		t.Errorf("no image: %d %s", w.Code, w.Body)
	}
	if after := d.left(); strings.Join(after, " ") != strings.Join(before, " ") {
		t.Errorf("left %v, before there was %v", after, before)
	}
}

// TestHalfImportedImageGoesWithItsRegion loses the region while an image's files are still coming.
func TestHalfImportedImageGoesWithItsRegion(t *testing.T) {
	d := newDesk(t)
	before := d.left()
	body, contentType := d.tarball(rootfstest.Tar(t, map[string]string{"srv/a": strings.Repeat("a", 1<<20)}), rootfs.Image{Name: "web"})
	in, out := io.Pipe()
	answered := make(chan *httptest.ResponseRecorder, 1)
	go func() { answered <- d.imported(in, contentType) }()
	if _, err := io.CopyN(out, body, 1<<19); err != nil {
		t.Fatal(err)
	}
	if now := d.left(); !strings.Contains(strings.Join(now, " "), string(ec2types.ImageStatePending)) {
		t.Errorf("while it is made, there is %v", now)
	}
	d.Reopen()
	out.CloseWithError(io.ErrUnexpectedEOF) // the connection ends with the process
	if w := <-answered; w.Code == http.StatusOK {
		t.Errorf("the lost region answers %s", w.Body)
	}
	if after := d.left(); strings.Join(after, " ") != strings.Join(before, " ") {
		t.Errorf("left %v, before there was %v", after, before)
	}
}
