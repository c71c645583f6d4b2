package machines

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"golang.org/x/sync/errgroup"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource"
)

// Images is what the baked image and its copy share: the stack's images of one region. Images with other
// digests are earlier ones. They are kept, so that one can go back to them, until the stack is removed.
type Images struct {
	resource.Scope
	Recipe string // the digest of what is declared, of which there may be several images (rebake.go)
	Digest string // the one that is wanted

	ID      string   // the available image of this digest
	Root    string   // the name of its root device
	pending string   // one of this digest that is being made
	failed  []string // ones of this digest that came to nothing
	earlier string   // the digest of the newest other
	all     []string
	disks   []string // the snapshots that all are made of
	orphans []string // snapshots, where there is no image

	found   resource.Field  // how the one in use is tagged; it may be known by its name alone
	own     []string        // the snapshots that the one in use is made of
	blocked error           // what is somebody else's and has the name
	base    *ec2types.Image // what an image would be made from in this region now
}

func (i *Images) Identity() string { return i.ID }
func (i *Images) tags() account.Tags {
	return i.Mark("image").With(account.TagDigest, i.Digest)
}
func (i *Images) imageName() string { return i.NameOf(i.Digest[:12]) + i.rebaked() }

// look looks for the image of the digest, and for the others.
func (i *Images) look(ctx context.Context) error {
	all, err := i.list(ctx)
	if err != nil {
		return err
	}
	return i.sortAll(ctx, all)
}

// list returns the stack's images, the oldest first.
func (i *Images) list(ctx context.Context) ([]ec2types.Image, error) {
	all, err := i.ofAccount(ctx, i.Mark("image").Filters()...)
	slices.SortFunc(all, account.ByAge)
	return all, err
}

func (i *Images) sortAll(ctx context.Context, all []ec2types.Image) (err error) {
	*i = Images{Scope: i.Scope, Recipe: i.Recipe, Digest: i.Digest}
	i.found = i.kept() // where there is none, nothing is to be tagged
	for _, image := range all {
		if digest := i.digestOf(image); digest != i.Digest {
			i.add(image)
			i.earlier = digest
			continue
		}
		i.sort(image)
	}
	if i.ID == "" && i.pending == "" { // or it has lost its tags
		if err := i.lookByName(ctx); err != nil {
			return err
		}
	}
	if len(i.all) == 0 {
		i.orphans, err = i.snapshots(ctx)
	}
	return err
}

func (i *Images) ofAccount(ctx context.Context, filters ...ec2types.Filter) ([]ec2types.Image, error) {
	out, err := i.EC2.DescribeImages(ctx, &ec2.DescribeImagesInput{Owners: []string{"self"}, Filters: filters})
	if err != nil {
		return nil, fmt.Errorf("describe images: %w", err)
	}
	return out.Images, nil
}

// sort takes an image of the digest for the one in use, for one that is being made, or for one that came to nothing.
func (i *Images) sort(image ec2types.Image) {
	i.add(image)
	switch id := aws.ToString(image.ImageId); image.State {
	case ec2types.ImageStateAvailable:
		i.ID, i.Root, i.own, i.found = id, aws.ToString(image.RootDeviceName), disksOf(image), i.taggedAs(account.OfEC2(image.Tags))
	case ec2types.ImageStatePending:
		i.pending, i.found = id, i.taggedAs(account.OfEC2(image.Tags))
	default:
		i.failed = append(i.failed, id)
	}
}

func (i *Images) add(image ec2types.Image) {
	id := aws.ToString(image.ImageId)
	if slices.Contains(i.all, id) {
		return
	}
	i.all = append(i.all, id)
	i.disks = append(i.disks, disksOf(image)...)
}

// disksOf returns the snapshots that an image is made of.
func disksOf(image ec2types.Image) (ids []string) {
	for _, d := range image.BlockDeviceMappings {
		if d.Ebs != nil && aws.ToString(d.Ebs.SnapshotId) != "" {
			ids = append(ids, *d.Ebs.SnapshotId)
		}
	}
	return ids
}

// lookByName looks for an image that has the digest in its name and not in its tags. A name is unique in an account's region
// (CreateImage in the EC2 API Reference), so that no other could be made beside it.
func (i *Images) lookByName(ctx context.Context) error {
	named, err := i.ofAccount(ctx, account.Filter("name", i.imageName()))
	for _, image := range named {
		switch {
		case slices.Contains(i.failed, aws.ToString(image.ImageId)):
		case !account.Unclaimed(account.OfEC2(image.Tags), i.Stack()):
			i.blocked = resource.InTheWay(fmt.Sprintf("%s, which is called %s,", aws.ToString(image.ImageId), i.imageName()), i.Mark("image"))
		default:
			i.sort(image)
		}
	}
	return err
}

func (i *Images) Refused() error { return i.blocked }

// lookWith looks for the images, for the base that one would be made from here and now, and then, when it is decided which one is wanted,
// for what else is given.
func (i *Images) lookWith(ctx context.Context, decide func([]ec2types.Image, *ec2types.Image), others ...func(context.Context) error) error {
	from := i.Declared.Origin(i.Side)
	var base *ec2types.Image
	var stacks []ec2types.Image
	both, first := errgroup.WithContext(ctx)
	both.Go(func() (err error) {
		stacks, err = i.list(first)
		return err
	})
	both.Go(func() (err error) {
		base, err = i.BaseImage(first, from)
		return err
	})
	if err := both.Wait(); err != nil {
		return err
	}
	decide(stacks, base)
	all, ctx := errgroup.WithContext(ctx)
	all.Go(func() error { return i.sortAll(ctx, stacks) })
	for _, other := range others {
		all.Go(func() error { return other(ctx) })
	}
	err := all.Wait()
	i.base = base
	return err
}

// kept is how the image is to be tagged.
func (i *Images) kept() resource.Field { return i.taggedAs(i.tags()) }

func (i *Images) taggedAs(tags map[string]string) resource.Field {
	return resource.Field{Name: "tagged", Value: i.tags().Text(tags)}
}

// giveBack gives the image its tags, and first its snapshots, for which the image speaks.
func (i *Images) giveBack(ctx context.Context) error {
	for _, id := range i.own {
		if err := i.GiveTags(ctx, id, i.tags()); err != nil && !account.IsNotFound(err) {
			return err
		}
	}
	return i.GiveTags(ctx, cmp.Or(i.ID, i.pending), i.tags())
}

// Remnants tells whether there is anything to remove where there is no image to use: snapshots too, of images that a killed
// run has deregistered.
func (i *Images) Remnants() bool { return len(i.all)+len(i.orphans) > 0 }

// snapshots lists the snapshots of the stack's images.
func (i *Images) snapshots(ctx context.Context) (ids []string, err error) {
	out, err := i.EC2.DescribeSnapshots(ctx, &ec2.DescribeSnapshotsInput{OwnerIds: []string{"self"}, Filters: i.Mark("image").Filters()})
	if err != nil {
		return nil, fmt.Errorf("describe snapshots: %w", err)
	}
	for _, s := range out.Snapshots {
		ids = append(ids, aws.ToString(s.SnapshotId))
	}
	return ids, nil
}

// there tells whether any image exists, and which digest the region has.
func (i *Images) there() (bool, resource.Field) {
	f := resource.Field{Name: "digest", Value: i.earlier}
	if i.ID != "" {
		f.Value = i.Digest
	}
	return f.Value != "", f
}

// await waits until an image can be used, and takes its id for the region's.
func (i *Images) await(ctx context.Context, id string) error {
	err := account.Poll(ctx, id, resource.LongTime, func(ctx context.Context) (bool, error) {
		image, err := i.describe(ctx, id)
		if err != nil || image == nil {
			return false, err
		}
		switch image.State {
		case ec2types.ImageStatePending:
			return false, nil
		case ec2types.ImageStateAvailable:
			i.Root = aws.ToString(image.RootDeviceName)
			return true, nil
		}
		return false, fmt.Errorf("image %s is %s: %s", id, image.State, aws.ToString(stateReason(image)))
	})
	if err == nil {
		i.ID = id
	}
	return err
}

func stateReason(i *ec2types.Image) *string {
	if i.StateReason == nil {
		return nil
	}
	return i.StateReason.Message
}

// describe returns one image, or nil where it is not there.
func (i *Images) describe(ctx context.Context, id string) (*ec2types.Image, error) {
	out, err := i.EC2.DescribeImages(ctx, &ec2.DescribeImagesInput{ImageIds: []string{id}})
	switch {
	case account.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("describe %s: %w", id, err)
	case len(out.Images) == 0:
		return nil, nil
	}
	return &out.Images[0], nil
}

// discard removes images, so that their names can be used again.
func (i *Images) discard(ctx context.Context, ids []string) error {
	for _, id := range ids {
		_, err := i.EC2.DeregisterImage(ctx, &ec2.DeregisterImageInput{ImageId: &id})
		if err != nil && !account.IsNotFound(err) {
			return fmt.Errorf("deregister %s: %w", id, err)
		}
	}
	return nil
}

// Remove deletes all images and then their snapshots, which remain without them.
func (i *Images) Remove(ctx context.Context) error {
	if err := i.markDisks(ctx); err != nil {
		return err
	}
	if err := i.discard(ctx, i.all); err != nil {
		return err
	}
	ids, err := i.snapshots(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		_, err := i.EC2.DeleteSnapshot(ctx, &ec2.DeleteSnapshotInput{SnapshotId: &id})
		if err != nil && !account.IsNotFound(err) {
			return fmt.Errorf("delete %s: %w", id, err)
		}
	}
	return nil
}

// markDisks gives the images' snapshots the tags that they have lost: once the images are gone, nothing else tells whose they are.
func (i *Images) markDisks(ctx context.Context) error {
	if len(i.disks) == 0 {
		return nil
	}
	known, err := i.snapshots(ctx)
	if err != nil {
		return err
	}
	for _, id := range i.disks {
		if slices.Contains(known, id) {
			continue
		}
		if err := i.Retag(ctx, id, "image"); err != nil && !account.IsNotFound(err) {
			return err
		}
	}
	return nil
}
