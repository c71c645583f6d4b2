// Package examples holds declarations to start from. The first is what the demo builds.
package examples

import _ "embed"

// Hello declares the example service in two regions.
//
//go:embed hello/understudy.yaml
var Hello []byte
