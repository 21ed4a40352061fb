package test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// costTable is what the servers were asked, in Markdown.
type costTable struct {
	names []string
	costs [][]cost // by server
}

func (tb *costTable) add(server int, name string, c cost) {
	if server == len(tb.names) {
		tb.names, tb.costs = append(tb.names, name), append(tb.costs, nil)
	}
	tb.costs[server] = append(tb.costs[server], c)
}

// String returns the table, a line for each server and way of asking.
func (tb *costTable) String() string {
	var b strings.Builder
	b.WriteString("| server | how asked | connections | RCPTs | round trips | deferred meanwhile | time |\n")
	b.WriteString("| --- | --- | ---: | ---: | ---: | ---: | ---: |\n")
	for i, name := range tb.names {
		for _, c := range tb.costs[i] {
			how := "one at a time"
			if c.at > 1 {
				how = fmt.Sprintf("%d at a time", c.at)
			}
			fmt.Fprintf(&b, "| %s | %s | %d | %d | %d | %d | %.1f s |\n",
				name, how, c.connections, c.rcpts, c.turns, c.deferred, c.took.Round(100*time.Millisecond).Seconds())
		}
	}
	return b.String()
}

// The table stands between these two lines of its page.
const (
	tableBegins = "<!-- table: go test ./test -run EveryDestination, with CALLOUT_WRITE_TABLE=1 -->\n"
	tableEnds   = "<!-- end of table -->\n"
)

// writeTo puts the table into its place on a page, and makes the page where there is none.
func (tb *costTable) writeTo(t *testing.T, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		b = []byte("# Destinations\n\n" + tableBegins + tableEnds)
	} else if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(b), tableBegins)
	_, after, ends := strings.Cut(rest, tableEnds)
	if !begins || !ends {
		t.Fatalf("%s has no place for the table: %s%s", path, tableBegins, tableEnds)
	}
	write(t, path, before+tableBegins+tb.String()+tableEnds+after)
}
