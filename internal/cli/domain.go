package cli

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"callout/internal/address"
	"callout/internal/operate"
)

func (a *app) domainCommand() *cobra.Command {
	return group("domain", "See, add and remove the domains of a running server",
		a.domainList(), a.domainShow(), a.domainAdd(), a.domainSet(), a.domainRemove())
}

func (a *app) domainList() *cobra.Command {
	var at contact
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "List the domains that are served", Args: arguments(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := at.dial()
			if err != nil {
				return err
			}
			all, err := allDomains(cmd.Context(), c)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(a, all)
			}
			if len(all) == 0 {
				fmt.Fprintln(a.out, "no domains; add one with `callout domain add DOMAIN --destination HOST:PORT`")
				return nil
			}
			var t table
			t.row("DOMAIN", "FROM", "MODE", "ENFORCED", "CATCH-ALL", "ON UNKNOWN", "DESTINATIONS", "ALIASES")
			for i := range all {
				d := &all[i]
				t.row(d.Name, d.Origin, d.Mode, enforcedWord(d), catchAllWord(d.CatchAll), d.OnUnknown, hostList(d.Destinations), aliasList(d.Aliases))
			}
			t.print(a.out)
			return nil
		},
	}
	at.flags(cmd)
	jsonFlag(cmd, &asJSON)
	return cmd
}

// allDomains returns the domains that are served.
func allDomains(ctx context.Context, c *client) ([]operate.Domain, error) {
	return allPages(ctx, c, "domains", operate.MaxLimit, func(p *operate.DomainPage) ([]operate.Domain, string) { return p.Domains, p.Next })
}

func (a *app) domainShow() *cobra.Command {
	var at contact
	var asJSON bool
	cmd := &cobra.Command{
		Use: "show DOMAIN", Short: "Show one domain", Args: arguments(1, 1, "a domain"),
		RunE: func(cmd *cobra.Command, args []string) error {
			var d operate.Domain
			if err := a.ask(cmd, &at, http.MethodGet, domainPath(args[0]), nil, &d); err != nil {
				return err
			}
			if asJSON {
				return printJSON(a, d)
			}
			a.showDomain(&d)
			return nil
		},
	}
	at.flags(cmd)
	jsonFlag(cmd, &asJSON)
	return cmd
}

// modeWords says what a mode means.
var modeWords = map[string]string{
	"callout":      "callout: the destinations are asked",
	"list":         "list: local recipients alone are accepted, nobody is asked",
	"list+callout": "list+callout: local recipients are accepted, the destinations are asked about the rest",
	"off":          "off: no opinion on any recipient",
}

// showDomain prints a domain in a few lines.
func (a *app) showDomain(d *operate.Domain) {
	where := "the configuration file (read-only here)"
	if d.Origin == "store" {
		where = "the store (added at run time)"
	}
	a.out.line("domain        %s", d.Name)
	for _, s := range d.Standing {
		a.out.line("stands        %s", clean(strings.TrimSpace(s.Text+" "+s.Do)))
	}
	if d.AliasOf != "" {
		a.out.line("alias of      %s, whose settings it has", d.AliasOf)
	} else if len(d.Aliases) > 0 {
		a.out.line("aliases       %s", strings.Join(d.Aliases, ", "))
	}
	a.out.line("from          %s\ndestinations  %s", where, hostList(d.Destinations))
	if len(d.DeliverTo) > 0 {
		a.out.line("deliver to    %s", hostList(d.DeliverTo))
	}
	a.out.line("mode          %s", modeWords[d.Mode])
	if d.Recipients > 0 || strings.HasPrefix(d.Mode, "list") {
		a.out.line("local         %s", count(d.Recipients, "recipient"))
	}
	a.out.line("enforce       %s", enforceLine(d))
	a.out.line("on unknown    %s", d.OnUnknown)
	if c := d.CatchAll; c != nil {
		a.out.line("catch-all     %s\n              by %s %s ago: %s", catchAllLine(c), c.Host, ago(c.Asked), clean(c.Reply))
	} else {
		fmt.Fprintln(a.out, "catch-all     not known yet")
	}
	a.out.line("cached        %d valid, %d invalid", d.Verdicts.Valid, d.Verdicts.Invalid)
	if len(d.Spec) > 0 {
		a.out.line("settings      %s", d.Spec)
	}
}

func enforceLine(d *operate.Domain) string {
	line := "yes"
	if !d.Enforce {
		line = "no: what would be refused or deferred is accepted"
	}
	if p := d.Paused; p != nil {
		if p.Domain == "" {
			line += "; everything is " + pauseNote(p)
		} else {
			line += "; " + pauseNote(p)
		}
	}
	return line
}

func catchAllLine(c *operate.CatchAll) string {
	line := "no: a random address was refused"
	if c.Accepts {
		line = "yes: a random address was accepted, so every recipient is"
	}
	if c.Turned {
		line += "; not long before it refused some"
	}
	if c.Provisional {
		line += "; by a host of lower priority, so for 5 min only"
	}
	return line
}

// ask makes one request of a running server.
func (a *app) ask(cmd *cobra.Command, at *contact, method, path string, body, out any) error {
	c, err := at.dial()
	if err != nil {
		return err
	}
	return c.do(cmd.Context(), method, path, body, out)
}

// domainPath is the API's path of a domain. What is no domain gets a path that no operation has and is refused by
// name, not a path with dots that would be cleaned into that of another.
func domainPath(name string) string {
	if normal, err := address.ParseDomain(name); err == nil {
		name = normal
	}
	return "domains/" + pathEscape(name)
}

// pathEscape makes one segment of a path, whatever stands in it.
func pathEscape(s string) string {
	if s = url.PathEscape(s); strings.Trim(s, ".") == "" {
		return strings.ReplaceAll(s, ".", "%2E") + "%20" // "", "." and ".." are no segments
	}
	return s
}

func hostList(groups [][]string) string {
	words := make([]string, len(groups))
	for i, g := range groups {
		words[i] = strings.Join(g, "=")
	}
	if len(words) == 0 {
		return "-"
	}
	return strings.Join(words, ", ")
}

// aliasList names the first few aliases.
func aliasList(aliases []string) string {
	const most = 3
	if len(aliases) > most {
		return strings.Join(slices.Concat(aliases[:most], []string{fmt.Sprintf("%d more", len(aliases)-most)}), ", ")
	}
	return strings.Join(aliases, ", ")
}

func catchAllWord(c *operate.CatchAll) string {
	switch {
	case c == nil:
		return "?"
	case c.Accepts:
		return "yes"
	}
	return "no"
}

func enforcedWord(d *operate.Domain) string {
	switch {
	case !d.Enforce:
		return "no"
	case d.Paused != nil:
		return "paused"
	}
	return "yes"
}

// ago returns how long ago something was, to the second.
func ago(t time.Time) string { return time.Since(t).Round(time.Second).String() }
