package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"callout/internal/operate"
)

// domainSettings are the flags of add and set.
type domainSettings struct {
	at           contact
	destinations []string
	deliverTo    []string
	aliases      []string
	mode         string
	onUnknown    string
	set          []string
	asJSON       bool
}

func (s *domainSettings) flags(cmd *cobra.Command) {
	s.at.flags(cmd)
	jsonFlag(cmd, &s.asJSON)
	cmd.Flags().StringArrayVar(&s.destinations, "destination", nil, "a `HOST:PORT` that holds the mailboxes; again for the next in priority, a comma between hosts of equal priority")
	cmd.Flags().StringArrayVar(&s.deliverTo, "deliver-to", nil, "a `HOST:PORT` that the gateway passes mail on to, where that is not the destination; several as with --destination")
	cmd.Flags().StringArrayVar(&s.aliases, "alias", nil, "another `NAME` for the same mailboxes; again for each; all of them, also when others were set before")
	cmd.Flags().StringVar(&s.mode, "mode", "", "where answers come from: callout, list, list+callout or off (`MODE`)")
	cmd.Flags().StringVar(&s.onUnknown, "on-unknown", "", "what to do with recipients that can't be verified: defer or accept (`WHAT`)")
	cmd.Flags().StringArrayVar(&s.set, "set", nil, "any other key of a [[domain]], as `KEY=VALUE`, for example invalid_ttl=1h")
}

// empty reports whether no flag was given.
func (s *domainSettings) empty() bool {
	return len(s.destinations) == 0 && len(s.deliverTo) == 0 && len(s.aliases) == 0 && s.mode == "" && s.onUnknown == "" && len(s.set) == 0
}

// apply puts the flags into a domain's settings.
func (s *domainSettings) apply(spec map[string]any) error {
	if len(s.destinations) > 0 {
		spec["destinations"] = hostGroups(s.destinations)
	}
	if len(s.deliverTo) > 0 {
		spec["deliver_to"] = hostGroups(s.deliverTo)
	}
	if len(s.aliases) > 0 {
		spec["aliases"] = s.aliases
	}
	if s.mode != "" {
		spec["mode"] = s.mode
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

// hostGroups makes the list of a [[domain]] of flags: one for each priority, with commas between hosts of equal priority.
func hostGroups(flags []string) []any {
	groups := make([]any, len(flags))
	for i, f := range flags {
		if hosts := strings.Split(f, ","); len(hosts) > 1 {
			groups[i] = hosts
		} else {
			groups[i] = f
		}
	}
	return groups
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
			spec := make(map[string]any)
			if err := s.apply(spec); err != nil {
				return err
			}
			if spec["destinations"] == nil && spec["mode"] != "list" && spec["mode"] != "off" {
				return usage("a domain needs a destination; give --destination HOST:PORT, or --mode list or off")
			}
			c, err := s.at.dial()
			if err != nil {
				return err
			}
			var d operate.Domain
			if err := c.do(cmd.Context(), http.MethodGet, domainPath(args[0]), nil, &d); err == nil {
				mend := "change it with `callout domain set " + d.Name + "`"
				switch {
				case d.AliasOf != "":
					mend = "it is an alias of " + d.AliasOf + "; take it out of the aliases there first"
				case d.Origin == "file":
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
			if s.empty() && len(unset) == 0 {
				return usage("`callout domain set` needs something to change; see `callout domain set --help`")
			}
			c, err := s.at.dial()
			if err != nil {
				return err
			}
			var d operate.Domain
			if err := c.do(cmd.Context(), http.MethodGet, domainPath(args[0]), nil, &d); err != nil {
				return err
			}
			if d.AliasOf != "" {
				return fmt.Errorf("domain %s is an alias of %s, whose settings it has; change that one", d.Name, d.AliasOf)
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
	var d operate.Domain
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
	var at contact
	var asJSON bool
	cmd := &cobra.Command{
		Use: "remove DOMAIN", Short: "Remove a domain that was added at run time, and all that is known of it", Args: arguments(1, 1, "a domain"),
		RunE: func(cmd *cobra.Command, args []string) error {
			var done operate.Removed
			if err := a.ask(cmd, &at, http.MethodDelete, domainPath(args[0]), nil, &done); err != nil {
				return err
			}
			if asJSON {
				return printJSON(a, done)
			}
			fmt.Fprintf(a.out, "domain %s is no longer served\n", done.Removed)
			return nil
		},
	}
	at.flags(cmd)
	jsonFlag(cmd, &asJSON)
	return cmd
}
