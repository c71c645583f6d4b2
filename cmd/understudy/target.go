package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"
	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan"
)

// target says what a command works on: which declaration, and whether on this machine's own cloud.
type target struct {
	file    string
	local   bool
	account string // the number of the account that the credentials belong to, once open
	adopts  bool   // whether the command works on adopted stacks, too
	foreign string // why what is worked on is not provably a local cloud, once open; empty where it is
}

// flags adds the flags of all commands that work on a stack.
func (t *target) flags(c *cobra.Command) {
	t.fileFlag(c)
	c.Flags().BoolVar(&t.local, "local", false, "work on the local cloud that is running, and refuse if any call might go elsewhere")
}

// fileFlag adds the flag of all commands that read a declaration.
func (t *target) fileFlag(c *cobra.Command) {
	c.Flags().StringVarP(&t.file, "file", "f", understudy.DefaultFile, "the declaration")
	c.MarkFlagFilename("file", "yaml", "yml")
}

// refuseLocal refuses --local where the command, as it was called, asks no cloud: with names the flag that has it ask one, or not.
func (t *target) refuseLocal(asks bool, with string) error {
	if t.local && !asks {
		return misuse(fmt.Errorf("--local: only %s: no cloud is asked otherwise", with))
	}
	return nil
}

// localEnvironment returns the variables that point an AWS client at the running local cloud.
var localEnvironment func() (map[string]string, error)

// open reads the declaration, points this process at the cloud to work on, and makes the clients. Most commands are needed
// when the primary is lost, so the secondary's answer is enough.
func (t *target) open(ctx context.Context) (*plan.Stack, error) {
	return t.openSide(ctx, understudy.Sides...)
}

// openSide asks the first of these sides that answers who the credentials belong to. With one side, nothing else needs to answer.
func (t *target) openSide(ctx context.Context, sides ...understudy.Side) (*plan.Stack, error) {
	d, err := understudy.Load(t.file)
	var others understudy.AdoptedError
	if t.adopts && errors.As(err, &others) {
		d, err = others.Stack.Declaration(), nil
	}
	if err != nil {
		return nil, misuse(t.explain(err))
	}
	if t.local {
		if err := useLocalCloud(); err != nil {
			return nil, err
		}
	}
	tellFaults(ctx, os.Stderr)
	stack, err := plan.Open(ctx, d)
	if err != nil {
		return nil, err
	}
	if others.Stack != nil {
		if err := stack.Adopt(others.Stack); err != nil {
			return nil, misuse(fmt.Errorf("%s: %w", t.file, err))
		}
	}
	if err := t.prove(ctx, stack, len(sides) > 1); err != nil {
		return nil, err
	}
	for _, side := range sides {
		if t.account, err = stack.Accounts[side].Identity(ctx); err == nil || account.Code(err) != "" && account.Code(err) != "ServiceUnavailable" {
			break
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%w\nhint: `eval \"$(understudy cloud env)\"` or --local works on the local cloud", err)
	}
	return stack, nil
}

func (t *target) explain(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w\nhint: name a declaration with -f FILE; examples/hello/understudy.yaml is one", err)
	}
	return err
}

// useLocalCloud sets the variables of the SDK's standard chain, as `eval "$(understudy cloud env)"` does.
func useLocalCloud() error {
	if localEnvironment == nil {
		return errors.New("this build has no local cloud")
	}
	env, err := localEnvironment()
	if err != nil {
		return fmt.Errorf("find the local cloud: %w\nhint: start one with `understudy cloud start`", err)
	}
	for k, v := range env {
		if err := os.Setenv(k, v); err != nil {
			return err
		}
	}
	return nil
}

// prove finds out whether every call would go to a local cloud, and fails within seconds if an endpoint does not answer that must.
// One that does not is not proved to be of a local cloud.
func (t *target) prove(ctx context.Context, s *plan.Stack, allMust bool) error {
	var accounts []*account.Account
	for _, side := range understudy.Sides {
		accounts = append(accounts, s.Accounts[side])
	}
	return t.proveOf(ctx, allMust, accounts...)
}

func (t *target) proveOf(ctx context.Context, allMust bool, accounts ...*account.Account) error {
	var places []account.Place
	for _, a := range accounts {
		places = append(places, a.Places()...)
	}
	answers, err := account.Ask(ctx, places)
	if err != nil && allMust {
		return fmt.Errorf("%w\nhint: AWS_ENDPOINT_URL, one of its kind for a service, or a profile says where to ask", err)
	}
	for _, p := range places {
		if t.foreign = p.Foreign(answers); t.foreign != "" {
			break
		}
	}
	if t.local && t.foreign != "" {
		return misuse(fmt.Errorf("--local, but %s\nhint: unset the variables that begin with AWS_ENDPOINT_URL, "+
			"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS and AWS_PROFILE", t.foreign))
	}
	return nil
}

// onAWS tells whether changes may be made in a real account, since nothing proves that they are not.
func (t *target) onAWS() bool { return t.foreign != "" }

// exitError is an error with the program's exit code: 1 is failure, 2 is misuse.
type exitError struct {
	code int
	error
}

func (e exitError) ExitCode() int { return e.code }
func (e exitError) Unwrap() error { return e.error }

// misuse marks an error as the caller's: a wrong flag or declaration; nothing was changed.
func misuse(err error) error { return exitError{2, err} }
