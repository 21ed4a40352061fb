package test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"callout/test/browser"
)

// program is the callout binary under test, built once by TestMain. A result does not become out of date when the
// program changes, so that the tests are run with -count=1.
var program string

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "callout-bin-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "test:", err)
		return 1
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "callout")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", program, "callout/cmd/callout")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "test: go build callout/cmd/callout: %v\n%s", err, out)
		return 1
	}
	return browser.Main(m)
}
