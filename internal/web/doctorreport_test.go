package web

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"callout/internal/callout"
	"callout/internal/doctor"
	"callout/internal/operate"
)

// hostileReport is one in which everything that can hold words of a destination holds markup and an override.
func hostileReport() *doctor.Report {
	const evil = "<script>alert(1)</script>\u202e<b>"
	find := doctor.Finding{Check: doctor.Random, Level: doctor.Mend, Seen: "seen " + evil, Means: "means " + evil, Change: "change " + evil, Ways: []string{"way " + evil}}
	note := find
	note.Level = doctor.Note
	return &doctor.Report{
		Domain: "example.com", Destination: evil, Good: evil, Began: time.Now(), Result: doctor.ToMend, Mend: 2, Findings: []doctor.Finding{find, note},
		Hosts: []*doctor.Host{{Name: evil, Address: evil + "2", Server: evil, Greeting: evil, Extensions: []string{evil}, Findings: []doctor.Finding{find}}},
	}
}

func TestWordsOfADestinationAreTextInAReport(t *testing.T) {
	s := newTestShell(t, nil)
	lines := []Line{{Who: "S", Text: "220 <script>alert(1)</script>\u202e<b>"}}
	html, err := s.part("doctor", "report", reportView(hostileReport(), &transcript{lines: lines, leftOut: 3}))
	check(t, err)
	for _, never := range []string{"<script", "\u202e", "<b>&lt;", "alert(1)</script>"} {
		if contains(html, never) {
			t.Errorf("%q is in the report:\n%s", never, html)
		}
	}
	if n := strings.Count(html, "&lt;script&gt;"); n < 14 {
		t.Errorf("only %d of the texts are shown:\n%s", n, html)
	}
	if !contains(html, "3 lines more are left out") {
		t.Error("lines are left out without a word")
	}
}

func TestAReportBeginsWithItsResultAndWhatToChange(t *testing.T) {
	mend := func(c doctor.Check) doctor.Finding {
		return doctor.Finding{Check: c, Level: doctor.Mend, Seen: string(c)}
	}
	r := &doctor.Report{Domain: "example.com", Result: doctor.ToMend, Mend: 4, Findings: []doctor.Finding{mend(doctor.Backup)}, Hosts: []*doctor.Host{
		{Name: "a", Findings: []doctor.Finding{{Check: doctor.Reachable, Level: doctor.Good}, mend(doctor.Pace)}},
		{Name: "b", Findings: []doctor.Finding{mend(doctor.NullSender), mend(doctor.Pace)}},
	}}
	v := reportView(r, &transcript{})
	var order []string
	for _, c := range v.First {
		order = append(order, c.Where+" "+c.Check)
	}
	if got, want := strings.Join(order, "; "), "b Null sender; a Answer times; b Answer times; the destination as a whole Backup hosts"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if v.Hosts[0].Findings[0].Check != doctor.Pace {
		t.Error("what is to be changed is not first")
	}
	for want, r := range map[string]*doctor.Report{
		"warn 4 things to change":       r,
		"warn One thing to change":      {Result: doctor.ToMend, Mend: 1},
		"ok Nothing to change":          {Result: doctor.InOrder},
		"bad No host could be examined": {Result: doctor.NotExamined, Mend: 1},
	} {
		if s := reportStrip(r); s.Kind+" "+s.Word != want {
			t.Errorf("%s %s, want %s", s.Kind, s.Word, want)
		}
	}
}

// A report's words for the command line are of no use to who sees a form.
func TestAPageSpeaksOfItsFormNotOfACommandLine(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, form := range [][]string{{}, {"catch_all", "on"}} {
		for _, domain := range []string{"example.com", "other.test"} {
			h.Admin.post("/domains/"+domain+"/doctor", form...).status(http.StatusOK).hides("--good", "--catch-all")
		}
	}
}

// Whatever option a report comes to speak of, the page has other words for it.
func TestEveryOptionThatAReportNamesHasWordsOnThePage(t *testing.T) {
	files, err := filepath.Glob("../doctor/*.go")
	check(t, err)
	options := 0
	for _, file := range files {
		source, err := os.ReadFile(file)
		check(t, err)
		for line := range strings.SplitSeq(string(source), "\n") {
			if !option.MatchString(line) || strings.HasSuffix(file, "_test.go") {
				continue
			}
			options++
			if said := strings.ReplaceAll(onPage.Replace(line), "callout doctor --to", ""); option.MatchString(said) {
				t.Errorf("%s: the page says it by an option too: %s", file, strings.TrimSpace(line))
			}
		}
	}
	if options < 6 {
		t.Errorf("only %d options are named", options)
	}
}

var option = regexp.MustCompile(`--[a-z]`)

func TestEveryCheckLevelStateAndProblemHasWords(t *testing.T) {
	for _, c := range doctor.Checks {
		if checkTitles[c] == "" {
			t.Errorf("check %s", c)
		}
	}
	for _, l := range []doctor.Level{doctor.Good, doctor.Note, doctor.Mend} {
		if levels[l][1] == "" {
			t.Errorf("level %s", l)
		}
	}
	for kind := callout.Temporary; kind <= callout.NoHost; kind++ {
		if lookAt[kind.String()] == "" && kind != callout.ShuttingDown {
			t.Errorf("problem %s", kind)
		}
	}
	for _, s := range []callout.HostState{callout.StateUp, callout.StateTrouble, callout.StateBackOff} {
		if strip := hostStrip(&operate.Host{State: string(s)}); strip.Kind == "off" {
			t.Errorf("state %s", s)
		}
	}
}

// What to change stands on the page once, however long it is; what could be better stands in its row.
func TestAdviceStandsOnThePageOnce(t *testing.T) {
	mend := doctor.Finding{Check: doctor.Random, Level: doctor.Mend, Seen: "seen", Change: "Switch it on.", Ways: []string{"Postfix: a map.", "Or " + doctor.TellCatchAll + "."}}
	note := doctor.Finding{Check: doctor.Pace, Level: doctor.Note, Seen: "slow", Change: "Make it fast.", Ways: []string{"Exim: no pause."}}
	r := &doctor.Report{Domain: "example.com", Result: doctor.ToMend, Mend: 1, Hosts: []*doctor.Host{{Name: "a", Findings: []doctor.Finding{mend, note}}}}
	html, err := newTestShell(t, nil).part("doctor", "report", reportView(r, &transcript{}))
	check(t, err)
	for _, once := range []string{"Switch it on.", "<li>Postfix: a map.</li>", "<li>Or tick that it is meant to accept everything.</li>",
		`<b>Change:</b> see <a href="#first">What to change first</a>`, `id="first"`, "<b>Could be better:</b> Make it fast.", "<li>Exim: no pause.</li>"} {
		if n := strings.Count(html, once); n != 1 {
			t.Errorf("%q is there %d times:\n%s", once, n, html)
		}
	}
}
