package main

import (
	"context"
	"fmt"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/console"
	"github.com/understudy/understudy/drill"
)

// actions are the commands that the console's buttons start, on the declaration and the cloud that it shows.
func (s *shown) actions() []console.Action {
	all := []console.Action{}
	if s.stack != nil {
		all = append(all, s.drillActions()...)
		all = append(all, s.moveActions()...)
	}
	if s.local != nil {
		for _, region := range s.regions(context.Background()) {
			all = append(all, s.regionActions(region)...)
		}
	}
	return all
}

// on are the flags that say what a command works on.
func (s *shown) on(command ...string) []string {
	if s.flagged {
		command = append(command, "-f", s.flags.on.file)
	}
	if s.flags.on.local {
		command = append(command, "--local")
	}
	return command
}

func (s *shown) drillActions() []console.Action {
	d := s.stack.Declaration
	lost, other := d.Regions[understudy.Primary].Name, d.Regions[understudy.Secondary].Name
	fault := console.Option{Flag: "--fault", Title: "How the region is lost", Default: defaultFault}
	for _, k := range drill.Kinds {
		if k.Name == "region" && s.local == nil {
			continue // only a local cloud can lose a whole one
		}
		fault.Choices = append(fault.Choices, console.Choice{Value: k.Name, Help: k.Help})
	}
	options := []console.Option{fault, forced("Begin although these checks find something", drillChecks())}
	if d.Failover.Active() {
		options = append(options, sided("--side", "Which region"))
	}
	return []console.Action{
		{
			Name: "drill", Title: "Rehearse the loss of a region", Once: true, Command: s.on("drill", "--yes"), Options: options,
			Does: fmt.Sprintf("%s is taken away from the users of %s until %s serves them, and given back. What it takes until their resolvers ask again, "+
				"they are without service. It repairs at once if %s becomes ill; “Stop” repairs, too.", lost, d.Host(), other, other),
		},
		{
			Name: "undo", Title: "Repair what a drill left broken", Once: true, Command: s.on("drill", "undo"),
			Does: "What a drill that was killed has broken is repaired. It is not for a drill that still runs: stop that instead.",
		},
	}
}

func (s *shown) moveActions() []console.Action {
	d := s.stack.Declaration
	lost, other := d.Regions[understudy.Primary].Name, d.Regions[understudy.Secondary].Name
	force := forced("Move although these checks speak against it", moveChoices())
	over := console.Action{
		Name: "failover", Title: "Move users to the standby", Once: true, Command: s.on("failover", "--yes"), Options: []console.Option{force},
		Does: fmt.Sprintf("The users of %s are moved to %s and stay there until they are moved back. No user is without service if both regions are well.",
			d.Host(), other),
	}
	if d.Failover.Active() {
		over.Title, over.Options = "Let one region serve alone", append(over.Options, sided("--to", "Which region"))
		over.Does = fmt.Sprintf("The users of %s go to one region alone until its other one gets its share again.", d.Host())
	}
	return []console.Action{over,
		{
			Name: "failback", Title: "Move users back", Once: true, Command: s.on("failback", "--yes"), Options: []console.Option{force},
			Does: fmt.Sprintf("The users of %s are moved back to %s. From then on health decides again who serves.", d.Host(), lost),
		},
		{
			Name: "hold", Title: "Keep users where they are", Once: true, Command: s.on("hold", "--yes"),
			Does: fmt.Sprintf("The users of %s stay where they are now, also when a lost region is well again, until they are moved back.", d.Host()),
		},
	}
}

func (s *shown) regionActions(name string) []console.Action {
	command := func(verb string) []string {
		all := []string{"cloud", "region", verb, name}
		if dirFlag != "" {
			all = append(all, "--dir", dirFlag)
		}
		return all
	}
	return []console.Action{
		{
			Name: "lose " + name, Title: "Lose " + name, Once: true, Command: command("stop"),
			Does: fmt.Sprintf("The region's process is killed, with all that is in it: instances, load balancers, networks. Nothing moves users but what "+
				"watches the region. What was acknowledged is on disk, and “Bring back %s” starts it again.", name),
		},
		{
			Name: "bring back " + name, Title: "Bring back " + name, Once: true, Command: command("start"),
			Does: "The region is started again, with all that it had.",
		},
	}
}

func forced(title string, checks []console.Choice) console.Option {
	return console.Option{Flag: "--force", Title: title, Many: true, Choices: checks}
}

// drillChecks and moveChoices are the checks that --force takes.
func drillChecks() (all []console.Choice) {
	for _, c := range beforeHelp {
		all = append(all, console.Choice{Value: c.name, Help: c.help})
	}
	return all
}

func moveChoices() (all []console.Choice) {
	for _, name := range moveChecks {
		all = append(all, console.Choice{Value: name})
	}
	return all
}

func sided(flag, title string) console.Option {
	o := console.Option{Flag: flag, Title: title, Default: string(understudy.Primary)}
	if flag == "--to" {
		o.Default = string(understudy.Secondary)
	}
	for _, side := range understudy.Sides {
		o.Choices = append(o.Choices, console.Choice{Value: string(side)})
	}
	return o
}
