package cli

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"callout/internal/doctor"
)

// reportWidth is where lines of a report end, in characters.
const reportWidth = 110

// levelWords are how a report shows the levels; what is to be mended catches the eye without colours too.
var levelWords = map[doctor.Level]string{doctor.Good: "good", doctor.Note: "note", doctor.Mend: "MEND"}

var levelColours = map[doctor.Level]string{doctor.Good: "\x1b[32m", doctor.Note: "\x1b[33m", doctor.Mend: "\x1b[1;31m"}

// printReport shows what an examination found.
func printReport(a *app, r *doctor.Report) {
	for _, h := range r.Hosts {
		head := clean(h.Name)
		if h.Address != "" && h.Address != h.Name {
			head += " [" + clean(h.Address) + "]"
		}
		if h.Priority > 1 {
			head += fmt.Sprintf(", priority %d", h.Priority)
		}
		if h.Server != "" {
			head += ", " + h.Server
		}
		a.out.line("%s", head)
		printFindings(a, h.Findings)
		if h.Connections > 0 {
			a.out.line("  (%s, %s)", count(h.Connections, "connection"), count(h.Recipients, "RCPT"))
		}
		a.out.line("")
	}
	if len(r.Findings) > 0 {
		a.out.line("destination of %s", clean(r.Domain))
		printFindings(a, r.Findings)
		a.out.line("")
	}
	a.out.line("%s", conclusion(r))
}

func printFindings(a *app, findings []doctor.Finding) {
	for _, f := range findings {
		level := levelWords[f.Level]
		if isTerminal(a.out) {
			level = levelColours[f.Level] + level + colourOff
		}
		lead := fmt.Sprintf("  %s  %-18s  ", level, f.Check)
		indent := strings.Repeat(" ", 28)
		for i, text := range []string{f.Seen, f.Means, f.Change} {
			if text == "" {
				continue
			}
			if i == 2 {
				text = "-> " + text
			}
			for _, line := range wrap(clean(text), reportWidth-len(indent)) {
				a.out.line("%s%s", lead, line)
				lead = indent
			}
		}
		for _, way := range f.Ways {
			bullet := indent + "   - "
			for _, line := range wrap(clean(way), reportWidth-len(bullet)) {
				a.out.line("%s%s", bullet, line)
				bullet = indent + "     "
			}
		}
	}
}

// conclusion is the last line of a report.
func conclusion(r *doctor.Report) string {
	switch {
	case r.Result == doctor.NotExamined:
		return "No host of " + r.Domain + " could be examined."
	case r.Mend > 0:
		return count(r.Mend, "thing") + " to mend for " + r.Domain + "; docs/doctor.md has more on each check."
	}
	return "Nothing to mend for " + r.Domain + "."
}

// wrap breaks a text at spaces into lines of so many characters. A longer word has a line of its own.
func wrap(text string, width int) (lines []string) {
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
