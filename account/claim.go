package account

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Claim says in an account that somebody is at work on a stack: who, since when, until when at the most, and what another
// needs to clear up after him. It is a launch template that nothing is launched from, for these reasons. EC2 never has two
// launch templates of one name in a region, so that of two claims at once one is refused (CreateLaunchTemplate in the
// Amazon EC2 API Reference: InvalidLaunchTemplateName.AlreadyExistsException). It needs no other service than those in use
// and costs nothing. Its tags are seen by everybody with a way into the account, in the console too; its user data has
// room for 16 KiB, where a tag's value has 256 characters.
type Claim struct {
	ID      string // of this claim alone
	Owner   string
	Since   time.Time
	Expires time.Time
	Seen    time.Time // by AWS's clock, which alone is the same for all: when this was read
	Body    []byte    // at most ClaimRoom; without one it is {}, for a launch template must have data

	template string // its id
}

// ClaimRoom is how many bytes a claim's body has at most: "user data is limited to 16 KB, in raw form, before it is
// base64-encoded" (Amazon EC2 User Guide, "Run commands when you launch an EC2 instance with user data input").
const ClaimRoom = 16 << 10

// ErrClaimed means that somebody else has the claim.
var ErrClaimed = errors.New("claimed by somebody else")

// The tags of a claim. It has none of TagStack and TagRole, for it is no part of a stack.
const (
	tagClaim   = "understudy:claim" // its id
	tagOwner   = "understudy:owner"
	tagSince   = "understudy:since"
	tagExpires = "understudy:expires"
)

// claimName is a launch template's name, which may contain slashes; a stack's name may not, so that no stack's own
// template has it.
func claimName(stack, what string) string { return "understudy/" + stack + "/" + what }

// Claim takes the claim of a stack to do something in this region, or fails with ErrClaimed. Nobody's claim is taken over,
// however old it is.
func (a *Account) Claim(ctx context.Context, stack, what string, c Claim) error {
	if len(c.Body) > ClaimRoom {
		return fmt.Errorf("claim %s: what it has to hold takes %d bytes, and there is room for %d", claimName(stack, what), len(c.Body), ClaimRoom)
	}
	if len(c.Body) == 0 {
		c.Body = []byte("{}")
	}
	tags := Tags{
		"Name": stack + " " + what, tagClaim: c.ID, tagOwner: c.Owner,
		tagSince: c.Since.UTC().Format(time.RFC3339), tagExpires: c.Expires.UTC().Format(time.RFC3339),
	}
	_, err := a.EC2.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{
		LaunchTemplateName: aws.String(claimName(stack, what)),
		ClientToken:        aws.String(Token("claim", stack, what, c.ID)),
		VersionDescription: aws.String("nothing is launched from this: it says who is at work"),
		LaunchTemplateData: &ec2types.RequestLaunchTemplateData{UserData: aws.String(base64.StdEncoding.EncodeToString(c.Body))},
		TagSpecifications:  tags.EC2(ec2types.ResourceTypeLaunchTemplate),
	})
	if !IsCode(err, "InvalidLaunchTemplateName.AlreadyExists") {
		if err != nil {
			return fmt.Errorf("claim %s in %s: %w", claimName(stack, what), a.Region, err)
		}
		return a.awaitClaim(ctx, stack, what, c.ID)
	}
	// It may be ours, by a call whose answer was lost.
	if held, found, err := a.Claimed(ctx, stack, what); err != nil || found && held.ID == c.ID {
		return err
	}
	return fmt.Errorf("%s in %s: %w", claimName(stack, what), a.Region, ErrClaimed)
}

// awaitClaim returns when a new claim is seen: before that it could not be given up either.
func (a *Account) awaitClaim(ctx context.Context, stack, what, id string) error {
	return Poll(ctx, "claim "+claimName(stack, what), eventually, func(ctx context.Context) (bool, error) {
		held, found, err := a.claimant(ctx, stack, what)
		return found && held.ID == id, err
	})
}

// Claimed reads who has a claim, or returns false where nobody has.
func (a *Account) Claimed(ctx context.Context, stack, what string) (Claim, bool, error) {
	c, found, err := a.claimant(ctx, stack, what)
	if err != nil || !found {
		return c, false, err
	}
	name := claimName(stack, what)
	versions, err := a.EC2.DescribeLaunchTemplateVersions(ctx, &ec2.DescribeLaunchTemplateVersionsInput{
		LaunchTemplateId: &c.template, Versions: []string{"$Default"},
	})
	if IsNotFound(err) {
		return Claim{Seen: c.Seen}, false, nil // given up between the two calls
	}
	if err != nil {
		return Claim{}, false, fmt.Errorf("read claim %s in %s: %w", name, a.Region, err)
	}
	for _, v := range versions.LaunchTemplateVersions {
		if v.LaunchTemplateData == nil {
			continue
		}
		if c.Body, err = base64.StdEncoding.DecodeString(aws.ToString(v.LaunchTemplateData.UserData)); err != nil {
			return Claim{}, false, fmt.Errorf("read claim %s in %s: %w", name, a.Region, err)
		}
	}
	return c, true, nil
}

// claimant is Claimed without the body.
func (a *Account) claimant(ctx context.Context, stack, what string) (Claim, bool, error) {
	name := claimName(stack, what)
	out, err := a.EC2.DescribeLaunchTemplates(ctx, &ec2.DescribeLaunchTemplatesInput{Filters: []ec2types.Filter{Filter("launch-template-name", name)}})
	if err != nil {
		return Claim{}, false, fmt.Errorf("read claim %s in %s: %w", name, a.Region, err)
	}
	seen, ok := middleware.GetServerTime(out.ResultMetadata)
	if !ok {
		seen = time.Now()
	}
	if len(out.LaunchTemplates) == 0 {
		return Claim{Seen: seen}, false, nil
	}
	t := out.LaunchTemplates[0]
	tags := OfEC2(t.Tags)
	c := Claim{ID: tags[tagClaim], Owner: tags[tagOwner], Seen: seen, template: aws.ToString(t.LaunchTemplateId)}
	c.Since, _ = time.Parse(time.RFC3339, tags[tagSince]) // whoever took the tags away took the times too
	c.Expires, _ = time.Parse(time.RFC3339, tags[tagExpires])
	return c, true, nil
}

// Renew lets a claim that was read last until another time. Its error is one of IsNotFound if the claim is gone by now: the
// template's id is this claim's alone, so another's claim of the same name is not changed.
func (a *Account) Renew(ctx context.Context, c Claim, expires time.Time) error {
	_, err := a.EC2.CreateTags(ctx, &ec2.CreateTagsInput{
		Resources: []string{c.template},
		Tags:      []ec2types.Tag{{Key: aws.String(tagExpires), Value: aws.String(expires.UTC().Format(time.RFC3339))}},
	})
	if err != nil {
		return fmt.Errorf("renew claim %s in %s: %w", c.template, a.Region, err)
	}
	return nil
}

// Unclaim gives a claim up. It is done for a claim that is gone, or is another's by now, and never takes that away.
func (a *Account) Unclaim(ctx context.Context, stack, what, id string) error {
	held, found, err := a.claimant(ctx, stack, what)
	if err != nil || !found || held.ID != id {
		return err
	}
	_, err = a.EC2.DeleteLaunchTemplate(ctx, &ec2.DeleteLaunchTemplateInput{LaunchTemplateId: &held.template})
	if err != nil && !IsNotFound(err) {
		return fmt.Errorf("give up claim %s in %s: %w", claimName(stack, what), a.Region, err)
	}
	return nil
}
