package machines

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// keptImages is as much of EC2 as images need.
type keptImages struct {
	images    []keptImage
	snapshots map[string]bool // whether they have the stack's tags
	calls     []string
}

type keptImage struct {
	id, name, state, disk, created string
	tags                           map[string]string
}

func (k *keptImages) answer(r *http.Request) (int, string) {
	r.ParseForm()
	action := r.PostForm.Get("Action")
	switch action {
	case "DescribeImages":
		return http.StatusOK, k.describe(r)
	case "DescribeSnapshots":
		xml := ""
		for id, tagged := range k.snapshots {
			if tagged {
				xml += "<item><snapshotId>" + id + "</snapshotId></item>"
			}
		}
		return http.StatusOK, "<R><snapshotSet>" + xml + "</snapshotSet></R>"
	case "CreateTags":
		k.calls = append(k.calls, "tag "+r.PostForm.Get("ResourceId.1"))
		k.snapshots[r.PostForm.Get("ResourceId.1")] = true
	case "DeregisterImage", "DeleteSnapshot":
		k.calls = append(k.calls, action+" "+r.PostForm.Get("ImageId")+r.PostForm.Get("SnapshotId"))
	}
	return http.StatusOK, "<R><return>true</return></R>"
}

func (k *keptImages) describe(r *http.Request) string {
	xml := ""
	for _, i := range k.images {
		is := true
		for n := 1; r.PostForm.Has(fmt.Sprintf("Filter.%d.Name", n)); n++ {
			name, value := r.PostForm.Get(fmt.Sprintf("Filter.%d.Name", n)), r.PostForm.Get(fmt.Sprintf("Filter.%d.Value.1", n))
			if key, of := strings.CutPrefix(name, "tag:"); of {
				is = is && i.tags[key] == value
			} else if name == "name" {
				is = is && i.name == value
			}
		}
		if !is {
			continue
		}
		tags := ""
		for key, value := range i.tags {
			tags += "<item><key>" + key + "</key><value>" + value + "</value></item>"
		}
		xml += fmt.Sprintf("<item><imageId>%s</imageId><name>%s</name><imageState>%s</imageState><creationDate>%s</creationDate><tagSet>%s</tagSet>"+
			"<blockDeviceMapping><item><ebs><snapshotId>%s</snapshotId></ebs></item></blockDeviceMapping></item>", i.id, i.name, i.state, i.created, tags, i.disk)
	}
	return "<R><imagesSet>" + xml + "</imagesSet></R>"
}

// An image that has lost tags is known by the digest in its name: another of that name cannot be made.
func TestAnImageIsKnownByItsName(t *testing.T) {
	const digest = "0123456789abcdef0123456789abcdef"
	s := resourcetest.Scope(t)
	name := (&Images{Scope: s, Digest: digest}).imageName()
	own := s.Mark("image").With("understudy:digest", digest)
	without := func(key string) map[string]string {
		tags := map[string]string{}
		for k, v := range own {
			if k != key {
				tags[k] = v
			}
		}
		return tags
	}
	for what, c := range map[string]struct {
		image             keptImage
		id, pending       string
		untagged, refused bool
	}{
		"as it was made":           {image: keptImage{id: "ami-1", name: name, state: "available", tags: own}, id: "ami-1"},
		"without its role":         {image: keptImage{id: "ami-1", name: name, state: "available", tags: without("understudy:role")}, id: "ami-1", untagged: true},
		"without its digest":       {image: keptImage{id: "ami-1", name: name, state: "available", tags: without("understudy:digest")}, id: "ami-1", untagged: true},
		"being made, without tags": {image: keptImage{id: "ami-1", name: name, state: "pending"}, pending: "ami-1", untagged: true},
		"another stack's": {
			image: keptImage{id: "ami-1", name: name, state: "available", tags: map[string]string{"understudy:stack": "other"}}, refused: true,
		},
		"of another name":       {image: keptImage{id: "ami-1", name: "mine", state: "available"}},
		"failed, with its tags": {image: keptImage{id: "ami-1", name: name, state: "failed", tags: own}},
	} {
		k := &keptImages{images: []keptImage{c.image}, snapshots: map[string]bool{}}
		i := &Images{Scope: resourcetest.Answering(t, k.answer), Digest: digest}
		err := i.look(t.Context())
		if err != nil || i.ID != c.id || i.pending != c.pending || (i.found != i.kept()) != c.untagged || (i.Refused() != nil) != c.refused {
			t.Errorf("%s: %v: %+v", what, err, i)
		}
		if c.id == "" || !c.untagged {
			continue
		}
		copied := &ImageCopy{Images: *i}
		resourcetest.Expect(t, copied, "tagged: yes, not no")
		if err := copied.Change(t.Context(), resource.Compare(copied.Desired(), copied.Actual())); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"tag ami-1"}, k.calls); diff != "" {
			t.Errorf("%s: calls (-want +got)\n%s", what, diff)
		}
	}
}

// A snapshot that has lost its tags goes with its image: nothing tells of it afterwards.
func TestRemovingAnImageRemovesItsSnapshots(t *testing.T) {
	k := &keptImages{snapshots: map[string]bool{"snap-1": true, "snap-2": false}}
	s := resourcetest.Answering(t, k.answer)
	own := s.Mark("image").With("understudy:digest", "0123456789abcdef")
	k.images = []keptImage{
		{id: "ami-1", name: "a", state: "available", disk: "snap-1", tags: own},
		{id: "ami-2", name: "b", state: "available", disk: "snap-2", tags: own.With("understudy:digest", "earlier")},
	}
	i := &Images{Scope: s, Digest: "0123456789abcdef"}
	if err := i.look(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := i.Remove(t.Context()); err != nil {
		t.Fatal(err)
	}
	slices.Sort(k.calls)
	want := []string{"DeleteSnapshot snap-1", "DeleteSnapshot snap-2", "DeregisterImage ami-1", "DeregisterImage ami-2", "tag snap-2"}
	if diff := cmp.Diff(want, k.calls); diff != "" {
		t.Errorf("calls (-want +got)\n%s", diff)
	}
}

// What understudy has baked is no base of the next image, though the pattern matches its name.
func TestABakedImageIsNoBase(t *testing.T) {
	k := &keptImages{images: []keptImage{
		{id: "ami-baked", name: "hello", state: "available", created: "2026-03-01", tags: map[string]string{"understudy:digest": "x"}},
		{id: "ami-new", name: "hello", state: "available", created: "2026-02-01"},
		{id: "ami-old", name: "hello", state: "available", created: "2026-01-01"},
		{id: "ami-later pattern", name: "world", state: "available", created: "2026-04-01"},
	}}
	s := resourcetest.Answering(t, k.answer)
	for _, c := range []struct {
		names []string
		want  string
	}{{[]string{"none", "hello", "world"}, "ami-new"}, {[]string{"none"}, ""}} {
		id := ""
		got, err := s.BaseImage(t.Context(), understudy.Origin{Base: understudy.Base{Owners: []string{"self"}, Names: c.names}})
		if got != nil {
			id = *got.ImageId
		}
		if id != c.want || err != nil {
			t.Errorf("%v: %s, %v", c.names, id, err)
		}
	}
}

// The first variable has the image made anew, and no further one: only the run script's wrapper is in it.
func TestImageOfAnEnvironmentIsAnother(t *testing.T) {
	i := understudy.Image{Run: "hello &"}
	with := i
	with.WithEnvironment = true
	if DigestOf(i, understudy.Origin{ID: "ami-1"}) == DigestOf(with, understudy.Origin{ID: "ami-1"}) {
		t.Error("the digest is the same")
	}
}
