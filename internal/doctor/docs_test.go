package doctor_test

import (
	"os"
	"strings"
	"testing"

	"callout/internal/doctor"
)

// Every check has a section in docs/doctor.md, in the order in which the checks are made, and nothing else has.
func TestDocumentsEveryCheck(t *testing.T) {
	text, err := os.ReadFile("../../docs/doctor.md")
	if err != nil {
		t.Fatal(err)
	}
	var sections, checks []string
	for line := range strings.SplitSeq(string(text), "\n") {
		if name, ok := strings.CutPrefix(line, "### "); ok {
			sections = append(sections, name)
		}
	}
	for _, c := range doctor.Checks {
		checks = append(checks, string(c))
	}
	if got, want := strings.Join(sections, " "), strings.Join(checks, " "); got != want {
		t.Errorf("docs/doctor.md has the sections\n%s\nthe checks are\n%s", got, want)
	}
}
