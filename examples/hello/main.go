// Hello is a small web service to try a failover with: its page says which region, zone and instance served it.
//
//	hello -addr :8080
//
// On an instance it learns where it is from the metadata service. Elsewhere -region, -zone and -instance say it.
package main

import (
	"os"

	"github.com/understudy/understudy/examples/hello/hello"
)

func main() { os.Exit(hello.Main(os.Args[1:])) }
