package doctor

import (
	"fmt"
	"strings"

	"callout/internal/callout"
)

// compare looks at the hosts together.
func (r *Report) compare(c *Case) {
	r.otherAddresses()
	r.agreement(c)
	if len(r.Hosts) == 0 && len(r.Findings) == 0 {
		r.Findings = append(r.Findings, finding(Reachable, Mend, "The destination has no hosts.", "Nobody can be asked.", "Name its hosts in destinations."))
	}
	if c.Good.IsZero() && r.spokeTo() {
		r.Findings = append(r.Findings, finding(Known, Note, "No address was given that is known to exist.",
			"Whether recipients that exist are accepted was not seen.", NameGood+"."))
	}
}

// spokeTo reports whether any host took a question.
func (r *Report) spokeTo() bool {
	for _, h := range r.Hosts {
		if h.Recipients > 0 {
			return true
		}
	}
	return false
}

// otherAddresses makes less of an address that can't be reached where another one of its host can: callouts go there.
// A machine without IPv6 reaches no such address.
func (r *Report) otherAddresses() {
	reached := make(map[string]bool)
	for _, h := range r.Hosts {
		if h.Greeting != "" {
			reached[h.Name] = true
		}
	}
	for _, h := range r.Hosts {
		for i, f := range h.Findings {
			if f.Check == Reachable && f.Level == Mend && h.Address != "" && reached[h.Name] {
				f.Level, f.Means = Note, "Callouts go to the other address of this host, and may lose a moment here."
				if strings.HasPrefix(h.Address, "[") {
					f.Change = "See whether this machine has IPv6 at all, and whether the host listens there; take the AAAA record away if it does not."
				}
				h.Findings[i] = f
			}
		}
	}
}

// agreement says where hosts of one priority contradict each other.
func (r *Report) agreement(c *Case) {
	for i, a := range r.Hosts {
		for _, b := range r.Hosts[i+1:] {
			if a.Priority != b.Priority || a.random == callout.Unknown || b.random == callout.Unknown || a.random == b.random {
				continue
			}
			if a.random != callout.Accepted {
				a, b = b, a
			}
			f := finding(Agreement, Mend,
				fmt.Sprintf("%s (%s) accepts a random address and %s (%s) refuses it.", a.Name, a.Address, b.Name, b.Address),
				"They have the same priority, and what a recipient is told depends on which of them is asked.",
				"Give both the same recipient checks.")
			if c.Listed {
				f.Level, f.Means = Note, "They have the same priority. Local recipients alone decide for the domain, but mail that is let through may be refused by one of them."
			}
			r.Findings = append(r.Findings, f)
			return
		}
	}
}

// leftOut says that not every address was examined.
func (r *Report) leftOut(all, left int, why string) {
	r.Findings = append(r.Findings, finding(Complete, Note,
		fmt.Sprintf("The destination has %s; the last %d were not examined%s.", addresses(all), left, why),
		"", ExamineOne+" HOST:PORT."))
}

func addresses(n int) string {
	if n == 1 {
		return "1 address"
	}
	return fmt.Sprintf("%d addresses", n)
}
