// Command callout verifies mail recipients by asking their destination servers. See `callout --help`.
package main

import (
	"os"

	"callout/internal/cli"
)

func main() { os.Exit(cli.Run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
