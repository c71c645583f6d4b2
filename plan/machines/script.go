package machines

import (
	"fmt"
	"strings"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/resource"
)

// DigestOf is a digest of what an image is made from: both scripts and the selection of its base, not the base
// image that this selection finds today. An image with the same digest is not made again.
func DigestOf(i understudy.Image, from understudy.Origin) string {
	parts := []string{"image 1", i.Install, i.Run}
	if i.WithEnvironment {
		parts = append(parts, "environment")
	}
	switch {
	case from.ID != "":
		parts = append(parts, "id", from.ID)
	case from.Parameter != "":
		parts = append(parts, "parameter", from.Parameter)
	default:
		parts = append(append(append(parts, resource.Number(len(from.Base.Owners))), from.Base.Owners...), from.Base.Names...)
	}
	return account.Token(parts...)[:32]
}

// The lines by which the builder reports, on its console, how it ended.
func readyLine(digest string) string  { return "understudy: image ready " + digest }
func failedLine(digest string) string { return "understudy: image failed " + digest }

// builderScript is the user data of the instance from which the image of this digest is made. It makes the instance what is declared, and
// prints the result on the console.
func builderScript(i understudy.Image, digest string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "#!/bin/sh\n")
	fmt.Fprintf(&b, "trap 'code=$?; [ $code -eq 0 ] || echo \"%s: exit $code\"' EXIT\n", failedLine(digest))
	fmt.Fprintf(&b, "set -e\n%s", i.Making())
	fmt.Fprintf(&b, "sync\necho \"%s\"\n", readyLine(digest))
	return b.String()
}
