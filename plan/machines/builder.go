package machines

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/network"
	"github.com/understudy/understudy/plan/resource"
)

// Builder is the instance that an image is made from. It exists only while the image is made.
type Builder struct {
	resource.Scope
	Subnet *network.Subnet
	Group  *network.Group
	Digest string

	id    string   // the one that bakes what is wanted
	stale []string // others, which bake something that is no longer wanted, or were stopped
}

func (b *Builder) tags() account.Tags { return b.Mark("builder").With(account.TagDigest, b.Digest) }

func (b *Builder) find(ctx context.Context) error {
	b.id, b.stale = "", nil
	found, err := Instances(ctx, b.Scope, b.Mark("builder"))
	if err != nil {
		return err
	}
	for _, i := range found {
		id := aws.ToString(i.InstanceId)
		if account.OfEC2(i.Tags)[account.TagDigest] == b.Digest && starting(i) && b.id == "" {
			b.id = id
		} else {
			b.stale = append(b.stale, id)
		}
	}
	return nil
}

// all returns the ids of all instances with the builder's role.
func (b *Builder) all() []string {
	ids := slices.Clone(b.stale)
	if b.id != "" {
		ids = append(ids, b.id)
	}
	return ids
}

func starting(i ec2types.Instance) bool {
	return i.State.Name == ec2types.InstanceStateNamePending || i.State.Name == ec2types.InstanceStateNameRunning
}

// run starts the builder, unless it is there, and returns when its console says that it is ready.
func (b *Builder) run(ctx context.Context) error {
	if err := Terminate(ctx, b.Scope, b.stale); err != nil {
		return err
	}
	b.stale = nil
	if b.id == "" {
		if err := b.launch(ctx); err != nil {
			return err
		}
	}
	return b.awaitReady(ctx)
}

func (b *Builder) launch(ctx context.Context) error {
	base, err := b.base(ctx)
	if err != nil {
		return err
	}
	in := &ec2.RunInstancesInput{
		ImageId:      &base,
		InstanceType: ec2types.InstanceType(b.Declared.InstanceType(b.Side)),
		NetworkInterfaces: []ec2types.InstanceNetworkInterfaceSpecification{{
			DeviceIndex: aws.Int32(0), SubnetId: &b.Subnet.ID, Groups: []string{b.Group.ID},
			AssociatePublicIpAddress: aws.Bool(true), // whatever a given subnet does by itself
		}},
		UserData:          aws.String(base64.StdEncoding.EncodeToString([]byte(builderScript(b.Declared.Image, b.Digest)))),
		TagSpecifications: b.tags().EC2(ec2types.ResourceTypeInstance),
	}
	b.id, err = launch(ctx, b.Scope, in, "builder", b.Digest, base, b.Subnet.ID, b.Group.ID)
	return err
}

// base returns the id of the image that the declaration selects as the base here and now.
func (b *Builder) base(ctx context.Context) (string, error) {
	from := b.Declared.Origin(b.Side)
	image, err := b.BaseImage(ctx, from)
	if err != nil {
		return "", err
	}
	if image == nil {
		return "", fmt.Errorf("there is no %s in %s", from, b.Region)
	}
	return aws.ToString(image.ImageId), nil
}

// awaitReady reads the console's latest output, not what EC2 kept of the last start.
func (b *Builder) awaitReady(ctx context.Context) error {
	return account.Poll(ctx, "builder "+b.id, resource.LongTime, func(ctx context.Context) (bool, error) {
		out, err := b.EC2.GetConsoleOutput(ctx, &ec2.GetConsoleOutputInput{InstanceId: &b.id, Latest: aws.Bool(true)})
		if account.IsNotFound(err) || account.IsCode(err, "IncorrectInstanceState") {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("get console output of %s: %w", b.id, err)
		}
		text, err := base64.StdEncoding.DecodeString(aws.ToString(out.Output))
		if err != nil {
			return false, fmt.Errorf("console output of %s: %w", b.id, err)
		}
		ready, err := verdict(string(text), b.Digest)
		if err != nil || ready {
			return ready, err
		}
		return false, b.alive(ctx)
	})
}

// alive returns an error if the builder has ended without a verdict on its console.
func (b *Builder) alive(ctx context.Context) error {
	i, err := instance(ctx, b.Scope, b.id)
	if err != nil || i == nil || starting(*i) {
		return err
	}
	return fmt.Errorf("the builder is %s before its image was ready", i.State.Name)
}

// verdict reads from a console whether the builder is ready. The error of a failure has the console's last lines.
func verdict(console, digest string) (ready bool, err error) {
	if strings.Contains(console, readyLine(digest)) {
		return true, nil
	}
	if strings.Contains(console, failedLine(digest)) {
		return false, fmt.Errorf("the install script failed; the console ends with:\n%s", LastLines(console, 20))
	}
	return false, nil
}

func LastLines(s string, n int) string {
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// remove terminates the builder and whatever else has its role.
func (b *Builder) remove(ctx context.Context) error {
	if err := Terminate(ctx, b.Scope, b.all()); err != nil {
		return err
	}
	b.id, b.stale = "", nil
	return nil
}
