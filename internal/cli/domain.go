package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"callout/internal/address"
	"callout/internal/api"
)

func (a *app) domainCommand() *cobra.Command {
	return group("domain", "See, add and remove the domains of a running server",
		a.domainList(), a.domainShow(), a.domainAdd(), a.domainSet(), a.domainRemove())
}

func (a *app) domainList() *cobra.Command {
	var path string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "List the domains that are served", Args: arguments(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			var all []api.Domain
			if err := a.ask(cmd, path, http.MethodGet, "domains", nil, &all); err != nil {
				return err
			}
			if asJSON {
				return printJSON(a, all)
			}
			if len(all) == 0 {
				fmt.Fprintln(a.out, "no domains; add one with `callout domain add DOMAIN --destination HOST:PORT`")
				return nil
			}
			w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "DOMAIN\tFROM\tCATCH-ALL\tON UNKNOWN\tDESTINATIONS")
			for _, d := range all {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", d.Name, d.Origin, catchAllWord(d.CatchAll), d.OnUnknown, hostList(d.Destinations))
			}
			return w.Flush()
		},
	}
	configFlag(cmd, &path)
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (a *app) domainShow() *cobra.Command {
	var path string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "show DOMAIN", Short: "Show one domain", Args: arguments(1, 1, "a domain"),
		RunE: func(cmd *cobra.Command, args []string) error {
			var d api.Domain
			if err := a.ask(cmd, path, http.MethodGet, domainPath(args[0]), nil, &d); err != nil {
				return err
			}
			if asJSON {
				return printJSON(a, d)
			}
			a.showDomain(&d)
			return nil
		},
	}
	configFlag(cmd, &path)
	jsonFlag(cmd, &asJSON)
	return cmd
}

// showDomain prints a domain in a few lines.
func (a *app) showDomain(d *api.Domain) {
	where := "the configuration file (read-only here)"
	if d.Origin == "store" {
		where = "the store (added at run time)"
	}
	fmt.Fprintf(a.out, "domain        %s\nfrom          %s\ndestinations  %s\non unknown    %s\n", d.Name, where, hostList(d.Destinations), d.OnUnknown)
	if c := d.CatchAll; c != nil {
		what := "no: a random address was refused"
		if c.Accepts {
			what = "yes: a random address was accepted, so every recipient is"
		}
		fmt.Fprintf(a.out, "catch-all     %s\n              by %s %s ago: %s\n", what, c.Host, ago(c.Asked), clean(c.Reply))
	} else {
		fmt.Fprintln(a.out, "catch-all     not known yet")
	}
	if len(d.Spec) > 0 {
		fmt.Fprintf(a.out, "settings      %s\n", d.Spec)
	}
}

// domainSettings are the flags of add and set.
type domainSettings struct {
	path         string
	destinations []string
	onUnknown    string
	set          []string
	asJSON       bool
}

func (s *domainSettings) flags(cmd *cobra.Command) {
	configFlag(cmd, &s.path)
	jsonFlag(cmd, &s.asJSON)
	cmd.Flags().StringArrayVar(&s.destinations, "destination", nil, "a `HOST:PORT` that holds the mailboxes; again for the next in priority, a comma between hosts of equal priority")
	cmd.Flags().StringVar(&s.onUnknown, "on-unknown", "", "what to do with recipients that can't be verified: defer or accept (`WHAT`)")
	cmd.Flags().StringArrayVar(&s.set, "set", nil, "any other key of a [[domain]], as `KEY=VALUE`, for example invalid_ttl=1h")
}

// apply puts the flags into a domain's settings.
func (s *domainSettings) apply(spec map[string]any) error {
	if len(s.destinations) > 0 {
		groups := make([]any, len(s.destinations))
		for i, d := range s.destinations {
			if hosts := strings.Split(d, ","); len(hosts) > 1 {
				groups[i] = hosts
			} else {
				groups[i] = d
			}
		}
		spec["destinations"] = groups
	}
	if s.onUnknown != "" {
		spec["on_unknown"] = s.onUnknown
	}
	for _, kv := range s.set {
		key, value, ok := strings.Cut(kv, "=")
		if !ok {
			return usage("--set %q is not KEY=VALUE; write for example --set invalid_ttl=1h", kv)
		}
		spec[key] = settingValue(value)
	}
	return nil
}

// settingValue reads a value as JSON where it is a number, a truth value or a list, else as text.
func settingValue(s string) any {
	var v any
	if json.Unmarshal([]byte(s), &v) == nil && v != nil {
		switch v.(type) {
		case float64:
			return json.Number(s)
		case bool, []any:
			return v
		}
	}
	return s
}

func (a *app) domainAdd() *cobra.Command {
	var s domainSettings
	cmd := &cobra.Command{
		Use: "add DOMAIN --destination HOST:PORT", Short: "Add a domain", Args: arguments(1, 1, "a domain"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(s.destinations) == 0 {
				return usage("a domain needs a destination; give --destination HOST:PORT")
			}
			spec := make(map[string]any)
			if err := s.apply(spec); err != nil {
				return err
			}
			c, err := dialServer(s.path)
			if err != nil {
				return err
			}
			var d api.Domain
			if err := c.do(cmd.Context(), http.MethodGet, domainPath(args[0]), nil, &d); err == nil {
				mend := "change it with `callout domain set " + d.Name + "`"
				if d.Origin == "file" {
					mend = "it is in the configuration file; change it there and reload"
				}
				return fmt.Errorf("domain %s is there already; %s", d.Name, mend)
			}
			return a.putDomain(cmd, &s, c, args[0], spec)
		},
	}
	s.flags(cmd)
	return cmd
}

func (a *app) domainSet() *cobra.Command {
	var s domainSettings
	var unset []string
	cmd := &cobra.Command{
		Use: "set DOMAIN", Short: "Change what the flags name of a domain that was added at run time", Args: arguments(1, 1, "a domain"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(s.destinations) == 0 && s.onUnknown == "" && len(s.set) == 0 && len(unset) == 0 {
				return usage("`callout domain set` needs something to change; see `callout domain set --help`")
			}
			c, err := dialServer(s.path)
			if err != nil {
				return err
			}
			var d api.Domain
			if err := c.do(cmd.Context(), http.MethodGet, domainPath(args[0]), nil, &d); err != nil {
				return err
			}
			spec := make(map[string]any)
			if len(d.Spec) > 0 {
				if err := json.Unmarshal(d.Spec, &spec); err != nil {
					return fmt.Errorf("the settings of %s: %w", args[0], err)
				}
			}
			for _, key := range unset {
				if _, ok := spec[key]; !ok && d.Origin == "store" {
					return usage("--unset %s: domain %s does not set it; `callout domain show %s` shows what it sets", key, d.Name, d.Name)
				}
				delete(spec, key)
			}
			if err := s.apply(spec); err != nil {
				return err
			}
			return a.putDomain(cmd, &s, c, args[0], spec)
		},
	}
	s.flags(cmd)
	cmd.Flags().StringArrayVar(&unset, "unset", nil, "return a `KEY` to its default")
	return cmd
}

// putDomain sends a domain's settings and shows what became of them.
func (a *app) putDomain(cmd *cobra.Command, s *domainSettings, c *client, name string, spec map[string]any) error {
	var d api.Domain
	if err := c.do(cmd.Context(), http.MethodPut, domainPath(name), spec, &d); err != nil {
		return err
	}
	if s.asJSON {
		return printJSON(a, d)
	}
	a.showDomain(&d)
	return nil
}

func (a *app) domainRemove() *cobra.Command {
	var path string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "remove DOMAIN", Short: "Remove a domain that was added at run time, and all that is known of it", Args: arguments(1, 1, "a domain"),
		RunE: func(cmd *cobra.Command, args []string) error {
			var done api.Removed
			if err := a.ask(cmd, path, http.MethodDelete, domainPath(args[0]), nil, &done); err != nil {
				return err
			}
			if asJSON {
				return printJSON(a, done)
			}
			fmt.Fprintf(a.out, "domain %s is no longer served\n", done.Removed)
			return nil
		},
	}
	configFlag(cmd, &path)
	jsonFlag(cmd, &asJSON)
	return cmd
}

// ask makes one request of the server that runs with a configuration file.
func (a *app) ask(cmd *cobra.Command, configPath, method, path string, body, out any) error {
	c, err := dialServer(configPath)
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
	return strings.Join(words, ", ")
}

func catchAllWord(c *api.CatchAll) string {
	switch {
	case c == nil:
		return "?"
	case c.Accepts:
		return "yes"
	}
	return "no"
}

// ago returns how long ago something was, to the second.
func ago(t time.Time) string { return time.Since(t).Round(time.Second).String() }
