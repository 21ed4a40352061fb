package test

import (
	"encoding/csv"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"callout/test/browser"
)

// many is how many local recipients an import brings.
const many = 50_000

// userLocal is the local-part of the nth of them.
func userLocal(n int) string { return fmt.Sprintf("user%05d", n) }

// recipientList writes a list as a panel exports it: an address, and a column that is of no interest, which makes the file
// large enough for its way to take a while. Line n, counted from 1, is another where it is given.
func recipientList(t *testing.T, name, domain string, others map[int]string) (path string) {
	t.Helper()
	var b strings.Builder
	note := strings.Repeat("of no interest ", 24)
	for n := range many {
		if other, ok := others[n+1]; ok {
			b.WriteString(other + "\n")
			continue
		}
		fmt.Fprintf(&b, "%s@%s,%s\n", userLocal(n), domain, note)
	}
	path = filepath.Join(folder(t), name)
	write(t, path, b.String())
	return path
}

func TestFiftyThousandLocalRecipientsAreImportedOrNone(t *testing.T) {
	t.Parallel()
	s := startPages(t, "[[domain]]\nname = \"script.test\"\nmode = \"list\"\n[[domain]]\nname = \"noscript.test\"\nmode = \"list\"\n")
	v := newVisitor(t, s, "admin")
	bothWays(t, func(t *testing.T, o browser.Options) {
		name := "script.test"
		if o.NoScript {
			name = "noscript.test"
		}
		valve := newValve()
		relay := startRelay(t, s.http, valve.pass)
		t.Cleanup(valve.open)
		p := logIn(t, relay.addr, "admin", o)
		p.Allow("status of 422") // of a bad file
		p.Go("/domains/" + name + "/recipients")
		p.Choose("What becomes of the list", "those of the file take its place")
		p.Upload("CSV file", recipientList(t, "list.csv", name, nil))
		if o.NoScript {
			p.Click("Import")
			p.WaitText("Imported: 50 000 were added, 0 were removed. The list holds 50 000 local recipients now.")
		} else {
			seeItMove(t, p, valve)
			p.WaitText("Imported. 50 000 recipients read: 50 000 added, 0 removed.")
		}
		p.In(".pager").WaitText("50 000 local recipients")
		p.Row(userLocal(0))
		p.Click("Next")
		p.Row(userLocal(200))
		if got := askOnce(t, s.policy, userLocal(many-1)+"@"+name); got != "DUNNO" {
			t.Errorf("the policy front end says %q of an imported recipient", got)
		}

		for _, bad := range []struct {
			others map[int]string
			want   string
		}{
			{map[int]string{25_001: "two@at@" + name + ",x"}, "Line 25001, column 1:"},
			{map[int]string{3: `na"me@` + name + ",x"}, "Line 3, column 3:"},
		} {
			p.Go("/domains/" + name + "/recipients")
			p.Choose("What becomes of the list", "those of the file take its place")
			p.Upload("CSV file", recipientList(t, "bad.csv", name, bad.others))
			p.Click("Import")
			p.In(".upload").WaitText(bad.want)
			p.Go("/domains/" + name + "/recipients")
			p.In(".pager").WaitText("50 000 local recipients")
			p.Row(userLocal(0))
		}
		exported(t, v, name)
	})
}

// seeItMove imports with as much of the file held back on its way as it takes to see the progress bar stand at more
// and more.
func seeItMove(t *testing.T, p *browser.Page, v *valve) {
	t.Helper()
	v.let(1 << 20)
	p.Click("Import")
	seen := 0
	for range 3 {
		eventually(t, browserPatience, fmt.Sprintf("the progress bar goes on from %d", seen), func() bool {
			share := progress(t, p)
			if share <= seen {
				v.let(64 << 10) // what the browser has sent can be far ahead of what the relay has taken
				return false
			}
			seen = share
			return true
		})
		if seen >= 100 {
			t.Errorf("the progress bar is at its end while a part of the file is held back")
		}
		if p.In("[data-outcome]").Shows("Imported") {
			t.Error("the page says imported while a part of the file is held back")
		}
	}
	v.open()
}

var barValue = regexp.MustCompile(`<progress[^>]* value="(\d+)"`)

// progress returns where the bar stands, and sees to it that the text beside it says the same.
func progress(t *testing.T, p *browser.Page) int {
	t.Helper()
	html := p.HTML()
	m := barValue.FindStringSubmatch(html)
	if m == nil {
		t.Fatal("there is no progress bar")
	}
	share, _ := strconv.Atoi(m[1])
	if share > 0 && !strings.Contains(html, fmt.Sprintf(">%d %% sent<", share)) {
		t.Errorf("the progress bar stands at %d, and the text beside it does not say so", share)
	}
	return share
}

// exported sees to it that an export has what was imported.
func exported(t *testing.T, v *visitor, domain string) {
	t.Helper()
	a := v.get("/domains/" + domain + "/recipients.csv")
	rows, err := csv.NewReader(strings.NewReader(a.body)).ReadAll()
	if a.status != 200 || err != nil {
		t.Fatalf("export: %d, %v", a.status, err)
	}
	var got []string
	for _, row := range rows {
		if local, _, _ := strings.Cut(row[0], "@"); local != "recipient" {
			got = append(got, local)
		}
	}
	slices.Sort(got)
	want := make([]string, many)
	for n := range want {
		want[n] = userLocal(n)
	}
	if !slices.Equal(got, want) {
		t.Errorf("exported are %d recipients, from %.3q on, want the %d that were imported", len(got), got[:min(3, len(got))], many)
	}
}
