package understudy

import "fmt"

// Rule says what becomes of some of the users' requests: of those that meet all of its conditions, each by one of its values. Of several rules
// the first counts. One that neither redirects nor answers forwards to the service.
type Rule struct {
	Path, Host, Method, Source []string
	Header                     Header
	Action
}

// Action is what becomes of requests. Where users are neither sent on nor answered, it forwards to the service, or to a further target group.
type Action struct {
	Forward  string // to the target group with this name; empty is the service's
	Redirect *RedirectTo
	Fixed    *Fixed
}

// Forwards tells whether the service gets the requests.
func (a Action) Forwards() bool { return a.Redirect == nil && a.Fixed == nil }

// Header is a header field, and the values that it may have.
type Header struct {
	Name   string
	Values []string
}

// RedirectTo is where users are sent on to. What is empty, or 0, is as they asked for it.
type RedirectTo struct {
	Status   int // 301 or 302
	Protocol string
	Host     string
	Port     int
	Path     string
	Query    string
}

// Fixed is an answer that the load balancer gives by itself.
type Fixed struct {
	Status     int
	Type, Body string
}

// Condition is one of a rule's conditions, with the name that AWS gives to its field.
type Condition struct {
	Field  string
	Header string // of http-header
	Values []string
}

// Conditions returns the rule's conditions by the names of their fields.
func (r Rule) Conditions() (all []Condition) {
	for _, c := range []Condition{
		{Field: "host-header", Values: r.Host}, {"http-header", r.Header.Name, r.Header.Values}, {Field: "http-request-method", Values: r.Method},
		{Field: "path-pattern", Values: r.Path}, {Field: "source-ip", Values: r.Source},
	} {
		if len(c.Values) > 0 {
			all = append(all, c)
		}
	}
	return all
}

// To returns the parts of the URL that users are sent to. What stands in braces is the request's own ("Redirect actions" in the User Guide
// for Application Load Balancers).
func (r RedirectTo) To() (protocol, host, port, path, query string) {
	or := func(s, own string) string {
		if s == "" {
			return own
		}
		return s
	}
	port = "#{port}"
	if r.Port != 0 {
		port = fmt.Sprint(r.Port)
	}
	return or(r.Protocol, "#{protocol}"), or(r.Host, "#{host}"), port, or(r.Path, "/#{path}"), or(r.Query, "#{query}")
}

// FirstRule is the priority of the first rule, and others follow one by one. Those below are for the switch, and for drills.
const FirstRule = 10
