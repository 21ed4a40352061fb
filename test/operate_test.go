package test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestAnOperatorSeesAndClearsWhatIsKnown(t *testing.T) {
	t.Parallel()
	d := startDestination(t, []string{"dest.test"}, "john@dest.test", "jane@dest.test", "jim@dest.test")
	s := startServer(t, plainTTLs+domain("dest.test", d.Callouts))
	for _, local := range []string{"john", "jane", "jim", "nobody"} {
		askOnce(t, s.policy, local+"@dest.test")
	}

	var seen []string
	for cursor, pages := "", 0; pages == 0 || cursor != ""; pages++ {
		page := listPage(t, s, "--limit", "1", "--cursor", cursor)
		if len(page.Verdicts) > 1 || pages > 4 {
			t.Fatalf("page %d of one verdict each has %v", pages+1, page.Verdicts)
		}
		for _, v := range page.Verdicts {
			seen = append(seen, v.Recipient+" "+v.Status)
		}
		cursor = page.Next
	}
	all := []string{"jane@dest.test valid", "jim@dest.test valid", "john@dest.test valid", "nobody@dest.test invalid"}
	if !slices.Equal(seen, all) {
		t.Errorf("listed page by page: %q, want %q", seen, all)
	}
	if got := listPage(t, s, "--status", "invalid").Verdicts; len(got) != 1 || got[0].Recipient != "nobody@dest.test" {
		t.Errorf("listed as invalid: %v, want nobody@dest.test", got)
	}
	if got := listPage(t, s, "--query", "j").Verdicts; len(got) != 3 {
		t.Errorf("listed for j: %v, want three", got)
	}
	for _, part := range []string{"invalid", "550 5.1.1"} {
		if got := s.succeed(t, "cache", "show", "nobody@dest.test"); !strings.Contains(got, part) {
			t.Errorf("cache show: %q, want %s in it", got, part)
		}
	}
	s.succeed(t, "cache", "clear", "--all")
	if got := listPage(t, s).Verdicts; len(got) != 0 {
		t.Errorf("listed after everything was cleared: %v", got)
	}
	askOnce(t, s.policy, "john@dest.test")
	if n := d.TimesAsked(t)["john@dest.test"]; n != 2 {
		t.Errorf("john@dest.test was asked %d times, want twice: everything was cleared in between", n)
	}
}

func TestMetricsCountWithoutNamingRecipients(t *testing.T) {
	t.Parallel()
	d := startDestination(t, []string{"dest.test"}, "john@dest.test")
	s := startServer(t, domain("dest.test", d.Callouts))
	for _, local := range []string{"john", "john", "nobody"} {
		askOnce(t, s.policy, local+"@dest.test")
	}
	status, body := s.get("/metrics")
	if status != 200 {
		t.Fatalf("GET /metrics: %d", status)
	}
	for _, line := range []string{
		`callout_decisions_total{action="accept",source="callout",verdict="valid"} 1`,
		`callout_decisions_total{action="accept",source="cache",verdict="valid"} 1`,
		`callout_decisions_total{action="reject",source="callout",verdict="invalid"} 1`,
		fmt.Sprintf(`callout_destination_up{destination=%q} 1`, d.Callouts),
		fmt.Sprintf(`callout_sessions{destination=%q} 1`, d.Callouts),
	} {
		if !strings.Contains(body, "\n"+line+"\n") {
			t.Errorf("no %s in\n%s", line, body)
		}
	}
	for _, word := range []string{"john", "nobody", "@dest.test"} {
		if strings.Contains(body, word) {
			t.Errorf("the metrics name %s", word)
		}
	}
	if status, _ := s.get("/healthz"); status != 200 {
		t.Errorf("GET /healthz: %d", status)
	}
}

// page is what "cache list --json" prints.
type page struct {
	Verdicts []struct{ Recipient, Status string }
	Next     string
}

func listPage(t *testing.T, s *server, flags ...string) page {
	t.Helper()
	var p page
	out := s.succeed(t, append([]string{"cache", "list", "--domain", "dest.test", "--json"}, flags...)...)
	if err := json.Unmarshal([]byte(out), &p); err != nil {
		t.Fatalf("cache list --json: %v\n%s", err, out)
	}
	return p
}
