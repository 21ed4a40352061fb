package cli

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// table prints rows in columns, with lines below a row that are no part of them.
type table struct {
	rows  [][]string
	below map[int][]string // by the row
	paint func(cell string) string
}

// row adds a row. Its last cell may be as long as it likes.
func (t *table) row(cells ...string) { t.rows = append(t.rows, cells) }

// under adds a line below the last row.
func (t *table) under(format string, args ...any) {
	if t.below == nil {
		t.below = make(map[int][]string)
	}
	last := len(t.rows) - 1
	t.below[last] = append(t.below[last], fmt.Sprintf(format, args...))
}

func (t *table) print(w io.Writer) {
	widths := make(map[int]int)
	for _, cells := range t.rows {
		for i, cell := range cells {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for n, cells := range t.rows {
		var line strings.Builder
		for i, cell := range cells {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+2)
			if t.paint != nil && n > 0 {
				cell = t.paint(cell)
			}
			line.WriteString(cell + pad)
		}
		fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
		for _, text := range t.below[n] {
			fmt.Fprintln(w, "  "+text)
		}
	}
}

// roughly returns a duration as people say it: 12s, 5m, 3h, 6d.
func roughly(d time.Duration) string {
	d = max(d, 0)
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	}
	return fmt.Sprintf("%dd", int(d.Hours()/24))
}

// since returns roughly how long ago something was, "-" for a time that is not known.
func since(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return roughly(time.Since(t)) + " ago"
}

// still returns roughly how long it is until a time.
func still(t time.Time) string { return roughly(time.Until(t) + time.Second/2) }
