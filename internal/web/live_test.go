package web

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestNewDecisionsComeInAtTheTopOfThePage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.know("john@example.com")
	p := h.enter(t, "user", "/decisions")
	p.In("[data-tail-state]").WaitText("live")
	h.know("secret@other.test", "nobody@example.com")
	p.In("[data-tail]").WaitText("nobody@example.com")
	for selector, want := range map[string][]string{
		"[data-tail] .key":   {"nobody@example.com", "john@example.com"},
		"[data-tail] .badge": {"✕reject", "✕invalid", "✓accept", "✓valid"},
	} {
		got := p.Texts(selector)
		for i := range got {
			got[i] = strings.Join(strings.Fields(got[i]), "")
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q: a row that came in looks otherwise than one that was there", selector, got, want)
		}
	}
	p.Click("Hold the list")
	h.know("mary@example.com")
	p.In("[data-tail-count]").WaitText("1 waiting")
	p.Click("Go on")
	p.In("[data-tail]").WaitText("mary@example.com")
	p.Click("nobody@example.com")
	waitURL(t, p, "/recipients/nobody@example.com")
}

func TestATestChangesWhatThePageShows(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.enter(t, "user", "/domains/example.com")
	p.In("#list").WaitText("Not asked yet")
	p.Fill("Address", "john")
	p.Click("Test now")
	p.In("[data-outcome]").WaitText("✓ Valid. ")
	p.In("#said").WaitText("RCPT TO:<john@example.com>")
	p.In("#list").WaitText("Verifies properly")
}

func TestATestIsAmongTheLastDecisionsAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.enter(t, "user", "/recipients/john@example.com")
	p.In("#recent").WaitText("None among those that are kept.")
	p.Click("Test now")
	p.In("#recent").WaitText("✓ accept")
	p.In("#list").WaitText("It exists")
}

func TestATestThatAskedNobodyLeavesNoDialogue(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.enter(t, "admin", "/test")
	p.Allow("404")
	p.Fill("Address", "someone@elsewhere.test")
	p.Click("Test now")
	p.In("[data-outcome]").WaitText("is not served here")
	if boxes := p.Texts("#said"); len(boxes) != 0 {
		t.Errorf("an empty dialogue is shown: %q", boxes)
	}
}

// A row that came in has below it why, and of the details those that have a value.
func TestDetailsOfADecisionStandBelowIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.enter(t, "admin", "/decisions")
	p.In("[data-tail-state]").WaitText("live")
	h.unserved("someone@elsewhere.test")
	p.In("[data-tail]").WaitText("someone@elsewhere.test")
	p.ClickCSS("[data-tail] summary")
	p.In("[data-tail] .lower").WaitText("Client 192.0.2.7")
	for _, name := range p.Texts("[data-tail] dt") {
		if name == "Host" || name == "Its reply" || name == "Problem" {
			t.Errorf("%s is shown, and has no value", name)
		}
	}
	if rows := p.Texts("[data-tail] > tr"); len(rows) != 2 {
		t.Errorf("%d rows", len(rows))
	}
}

func TestASecondReportTakesThePlaceOfTheFirst(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.enter(t, "admin", "/domains/other.test/doctor")
	for range 2 {
		p.Click("Examine now")
		p.In("[data-outcome]").WaitText("The report stands below.")
	}
	if strips := p.Texts("[data-report] > .strip"); len(strips) != 1 {
		t.Errorf("%d reports", len(strips))
	}
	if live := p.Texts("#said"); len(live) != 0 {
		t.Error("the dialogue stands beside the report, which has it")
	}
	p.Click("The whole dialogue")
	p.In("[data-report] .dialogue").WaitText("MAIL FROM:<>")
}

func TestAFirstImportBringsTheListWithItsFilter(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var list strings.Builder
	for i := range 1200 {
		fmt.Fprintf(&list, "user%04d@example.com,some name\n", i)
	}
	name := filepath.Join(t.TempDir(), "list.csv")
	check(t, os.WriteFile(name, []byte(list.String()), 0o600))
	p := h.enter(t, "user", "/domains/example.com/recipients")
	p.WaitText("No local recipients")
	if got := p.Texts(".filter, .headline .button"); len(got) != 0 {
		t.Errorf("an empty list has %q", got)
	}
	p.Upload("CSV file", name)
	p.Click("Import")
	p.In(".upload .outcome").WaitText("✓ Imported. 1 200 recipients read: 1 200 added, 0 removed.")
	p.In("#list").WaitText("user0000")
	p.Text(".headline .button")
	p.Fill("Contains", "user0777")
	p.In(".pager").WaitText("1 local recipient")
}
