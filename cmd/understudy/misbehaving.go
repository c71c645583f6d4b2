package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/understudy/understudy/cloud"
)

// What a command reports of a local cloud that misbehaves is not what it would report of AWS, so faults in force are named
// in reports, and by every command that works on a stack, on standard error.

// faultsInForce returns the faults of the local cloud that the environment leads to, in words; none of another cloud.
func faultsInForce(ctx context.Context) []string {
	endpoint := os.Getenv("AWS_ENDPOINT_URL")
	if endpoint == "" {
		return nil
	}
	running, err := cloud.AttachEndpoint(ctx, endpoint)
	if err != nil {
		return nil
	}
	all, err := running.Faults(ctx)
	if err != nil {
		return nil
	}
	return inWords(all)
}

func inWords(all []cloud.InForce) (words []string) {
	for _, f := range all {
		words = append(words, f.String())
	}
	return words
}

// tellFaults warns of the faults in force.
func tellFaults(ctx context.Context, w io.Writer) {
	all := faultsInForce(ctx)
	if len(all) == 0 {
		return
	}
	fmt.Fprintln(w, "understudy: calls of this local cloud go wrong on purpose:")
	for _, f := range all {
		fmt.Fprintln(w, "  "+f)
	}
}

// both joins the faults that were in force at two times.
func both(before, after []string) []string {
	all := slices.Concat(before, after)
	slices.Sort(all)
	return slices.Compact(all)
}
