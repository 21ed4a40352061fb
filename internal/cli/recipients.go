package cli

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"callout/internal/operate"
)

func (a *app) recipientsCommand() *cobra.Command {
	cmd := group("recipients", "See and change the local recipients of a domain of a running server",
		a.recipientsList(), a.recipientsAdd(), a.recipientsRemove(), a.recipientsImport(), a.recipientsExport())
	cmd.Long = `See and change the local recipients of a domain: those that Callout accepts itself where the domain's mode is "list" or
"list+callout". One is written as a local-part (john), a pattern (sales-*) or an address (john@example.com). Those of the
configuration file are changed there; these verbs change the ones that are added to them at run time.`
	return cmd
}

func (a *app) recipientsList() *cobra.Command {
	var at contact
	var query, cursor string
	var limit int
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list DOMAIN", Short: "List the local recipients of a domain", Args: arguments(1, 1, "a domain"),
		RunE: func(cmd *cobra.Command, args []string) error {
			values := url.Values{"limit": {strconv.Itoa(limit)}, "query": {query}, "cursor": {cursor}}
			var page operate.RecipientPage
			if err := a.ask(cmd, &at, http.MethodGet, recipientsPath(args[0])+"?"+values.Encode(), nil, &page); err != nil {
				return err
			}
			if asJSON {
				return printJSON(a, page)
			}
			a.listRecipients(&page)
			return nil
		},
	}
	at.flags(cmd)
	jsonFlag(cmd, &asJSON)
	cmd.Flags().StringVar(&query, "query", "", "only those that contain `TEXT`")
	cmd.Flags().IntVar(&limit, "limit", 1000, "recipients on a page, a `NUMBER` from 1 to 100000")
	cmd.Flags().StringVar(&cursor, "cursor", "", "the `CURSOR` that the page before ended with")
	return cmd
}

func (a *app) listRecipients(page *operate.RecipientPage) {
	if len(page.File)+len(page.Stored) == 0 {
		a.out.line("no local recipient of %s fits", page.Domain)
		return
	}
	var t table
	t.row("RECIPIENT", "FROM")
	for _, entry := range page.File {
		t.row(clean(entry), "settings")
	}
	for _, entry := range page.Stored {
		t.row(clean(entry), "run time")
	}
	t.print(a.out)
	if page.Next != "" {
		a.out.line("more with --cursor %s", page.Next)
	}
}

func (a *app) recipientsAdd() *cobra.Command {
	return a.changeRecipients("add DOMAIN ENTRY…", "Add local recipients to a domain", func(entries []string) recipientChange {
		return recipientChange{Add: entries}
	}, func(n int, done *operate.RecipientsChanged) {
		a.out.line("%s: added %s%s", done.Domain, count(done.Added, "local recipient"), others(n-done.Added, "there already"))
	})
}

func (a *app) recipientsRemove() *cobra.Command {
	return a.changeRecipients("remove DOMAIN ENTRY…", "Remove local recipients that were added to a domain at run time", func(entries []string) recipientChange {
		return recipientChange{Remove: entries}
	}, func(n int, done *operate.RecipientsChanged) {
		a.out.line("%s: removed %s%s", done.Domain, count(done.Removed, "local recipient"), others(n-done.Removed, "not among those of run time"))
	})
}

// others says what the rest of a number is.
func others(n int, what string) string {
	switch {
	case n <= 0:
		return ""
	case n == 1:
		return "; 1 was " + what
	}
	return fmt.Sprintf("; %d were %s", n, what)
}

// recipientChange is what changes the local recipients of a domain.
type recipientChange struct {
	Add    []string `json:"add,omitempty"`
	Remove []string `json:"remove,omitempty"`
}

// changeRecipients makes a verb that changes the entries that are its arguments.
func (a *app) changeRecipients(use, short string, change func([]string) recipientChange, show func(n int, done *operate.RecipientsChanged)) *cobra.Command {
	var at contact
	var asJSON bool
	cmd := &cobra.Command{
		Use: use, Short: short, Args: arguments(2, -1, "a domain and local recipients"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := at.dial()
			if err != nil {
				return err
			}
			var done operate.RecipientsChanged
			body := change(args[1:])
			if err := c.do(cmd.Context(), http.MethodPatch, recipientsPath(args[0]), body, &done); err != nil {
				return err
			}
			var d operate.Domain
			if len(body.Add) > 0 && c.do(cmd.Context(), http.MethodGet, domainPath(done.Domain), nil, &d) == nil { // else there is no hint
				a.tellIgnored(&d)
			}
			if asJSON {
				return printJSON(a, done)
			}
			show(len(args)-1, &done)
			return nil
		},
	}
	at.flags(cmd)
	jsonFlag(cmd, &asJSON)
	return cmd
}

// tellIgnored says where a domain that is given local recipients does not look at them.
func (a *app) tellIgnored(d *operate.Domain) {
	if strings.HasPrefix(d.Mode, "list") {
		return
	}
	mend := "`callout domain set " + d.Name + " --mode list+callout`"
	if d.Origin == "file" {
		mend = `mode = "list+callout" in the configuration file, and a reload`
	}
	fmt.Fprintf(a.err, "callout: the mode of %s is %q, which does not look at local recipients; to have them looked at: %s\n", d.Name, d.Mode, mend)
}

func (a *app) recipientsExport() *cobra.Command {
	var at contact
	var csv, asJSON bool
	cmd := &cobra.Command{
		Use:   "export DOMAIN",
		Short: "Print the local recipients that were added to a domain at run time, one on each line",
		Long: `Print the local recipients that were added to a domain at run time, one on each line: a file that import reads, and that
recipients = ["file:FILE"] in the configuration names.

With --csv all of them are printed as the web interface exports them: an address, and whether it is from the settings
("file") or from run time ("store"). import reads that too.`,
		Args: arguments(1, 1, "a domain"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if csv && asJSON {
				return usage("--csv and --json are two forms; leave one of them out")
			}
			c, err := at.dial()
			if err != nil {
				return err
			}
			if csv {
				return c.fetchCSV(cmd.Context(), recipientsPath(args[0]), a.out)
			}
			all, err := allPages(cmd.Context(), c, recipientsPath(args[0]), operate.MaxRecipients,
				func(p *operate.RecipientPage) ([]string, string) { return p.Stored, p.Next })
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(a, all)
			}
			return writeRecipients(a.out, all)
		},
	}
	at.flags(cmd)
	jsonFlag(cmd, &asJSON)
	cmd.Flags().BoolVar(&csv, "csv", false, "print CSV, with those of the settings too")
	return cmd
}

func recipientsPath(domain string) string { return domainPath(domain) + "/recipients" }
