package cli

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"callout/internal/operate"
)

func (a *app) cacheCommand() *cobra.Command {
	return group("cache", "See and clear what a running server knows of recipients", a.cacheList(), a.cacheShow(), a.cacheClear())
}

func (a *app) cacheList() *cobra.Command {
	var at contact
	var domain, status, query, prefix, cursor string
	var limit int
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list --domain DOMAIN", Short: "List the verdicts of a domain", Args: arguments(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if domain == "" {
				return usage("`callout cache list` needs --domain DOMAIN")
			}
			values := url.Values{"limit": {strconv.Itoa(limit)}}
			for key, value := range map[string]string{"status": status, "query": query, "prefix": prefix, "cursor": cursor} {
				if value != "" {
					values.Set(key, value)
				}
			}
			var page operate.VerdictPage
			if err := a.ask(cmd, &at, http.MethodGet, domainPath(domain)+"/verdicts?"+values.Encode(), nil, &page); err != nil {
				return err
			}
			if asJSON {
				return printJSON(a, page)
			}
			return a.listVerdicts(&page)
		},
	}
	at.flags(cmd)
	jsonFlag(cmd, &asJSON)
	cmd.Flags().StringVar(&domain, "domain", "", "the `DOMAIN`")
	cmd.Flags().StringVar(&status, "status", "", "only verdicts of this `STATUS`: valid or invalid")
	cmd.Flags().StringVar(&query, "query", "", "only local-parts that contain `TEXT`")
	cmd.Flags().StringVar(&prefix, "prefix", "", "only local-parts that begin with `TEXT`; of many verdicts this is found faster")
	cmd.Flags().IntVar(&limit, "limit", 100, "verdicts on a page, a `NUMBER` from 1 to 1000")
	cmd.Flags().StringVar(&cursor, "cursor", "", "the `CURSOR` that the page before ended with")
	return cmd
}

func (a *app) listVerdicts(page *operate.VerdictPage) error {
	if len(page.Verdicts) == 0 {
		fmt.Fprintln(a.out, "nothing is kept that fits")
		return nil
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "RECIPIENT\tVERDICT\tASKED\tKEPT FOR\tREPLY")
	for _, v := range page.Verdicts {
		fmt.Fprintf(w, "%s\t%s\t%s ago\t%s\t%s\n", clean(v.Recipient), v.Status, ago(v.Asked), left(v.Expires), replyLine(&v))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if page.Next != "" {
		fmt.Fprintf(a.out, "more with --cursor %s\n", page.Next)
	}
	return nil
}

func (a *app) cacheShow() *cobra.Command {
	var at contact
	var asJSON bool
	cmd := &cobra.Command{
		Use: "show ADDRESS", Short: "Show what is known of a recipient, without asking its destination", Args: arguments(1, 1, "an address"),
		RunE: func(cmd *cobra.Command, args []string) error {
			var v operate.Verdict
			if err := a.ask(cmd, &at, http.MethodGet, verdictPath(args[0]), nil, &v); err != nil {
				return err
			}
			if asJSON {
				return printJSON(a, v)
			}
			a.showVerdict(&v)
			return nil
		},
	}
	at.flags(cmd)
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (a *app) showVerdict(v *operate.Verdict) {
	if v.Local != "" {
		fmt.Fprintf(a.out, "recipient  %s\nmode       %s\n", clean(v.Recipient), localWords[v.Local])
		return
	}
	if v.Status == "unknown" {
		fmt.Fprintf(a.out, "recipient  %s\nverdict    none is kept; the next question asks the destination\n", clean(v.Recipient))
		return
	}
	verdict := v.Status
	if v.CatchAll {
		verdict += " (its domain accepts every recipient)"
	}
	if v.Provisional {
		verdict += " (a host of lower priority says so)"
	}
	if v.Stale {
		verdict += " (expired, and nothing better is known)"
	}
	fmt.Fprintf(a.out, "recipient  %s\nverdict    %s\nreply      %s\nby         %s, %s ago\nkept for   %s\n",
		clean(v.Recipient), verdict, replyLine(v), v.Host, ago(v.Asked), left(v.Expires))
}

func (a *app) cacheClear() *cobra.Command {
	var at contact
	var recipient, domain, status string
	var all, asJSON bool
	cmd := &cobra.Command{
		Use:   "clear --recipient ADDRESS | --domain DOMAIN | --all",
		Short: "Forget what is known of a recipient, a domain or everything",
		Args:  arguments(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			target := ""
			switch {
			case status != "" && (domain == "" || recipient != "" || all):
				return usage("--status says what of a domain is forgotten; give --domain DOMAIN, and nothing else, beside it")
			case cmd.Flags().Changed("status") && status == "": // not taken for everything
				return usage("--status is empty; write --status invalid, or leave it out for all that is known of the domain")
			case recipient != "" && domain == "" && !all:
				target = verdictPath(recipient)
			case domain != "" && recipient == "" && !all:
				target = domainPath(domain) + "/verdicts"
				if status != "" {
					target += "?" + url.Values{"status": {status}}.Encode()
				}
			case all && recipient == "" && domain == "":
				target = "verdicts"
			default:
				return usage("`callout cache clear` needs one of --recipient ADDRESS, --domain DOMAIN and --all")
			}
			var done operate.Cleared
			if err := a.ask(cmd, &at, http.MethodDelete, target, nil, &done); err != nil {
				return err
			}
			if asJSON {
				return printJSON(a, done)
			}
			a.out.line("cleared %s: %s", clean(done.Cleared), count(done.Stored, "stored verdict"))
			return nil
		},
	}
	at.flags(cmd)
	jsonFlag(cmd, &asJSON)
	cmd.Flags().StringVar(&recipient, "recipient", "", "forget this `ADDRESS`, in every spelling")
	cmd.Flags().StringVar(&domain, "domain", "", "forget everything of this `DOMAIN`")
	cmd.Flags().StringVar(&status, "status", "", "with --domain: forget only recipients of this `STATUS`, which can be invalid, and whether it accepts everything")
	cmd.Flags().BoolVar(&all, "all", false, "forget everything")
	return cmd
}

func verdictPath(recipient string) string { return "verdicts/" + pathEscape(recipient) }

// replyLine returns a verdict's reply on one line.
func replyLine(v *operate.Verdict) string {
	words := []string{strconv.Itoa(v.Code)}
	if v.Enhanced != "" {
		words = append(words, v.Enhanced)
	}
	return clean(strings.Join(append(words, v.Text), " "))
}

// left returns how long something is still kept, to the second.
func left(until time.Time) string { return max(0, time.Until(until)).Round(time.Second).String() }

// clean makes what others sent fit for a terminal: one line, nothing that steers it, or turns a part of it round.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029' || unicode.Is(unicode.Bidi_Control, r) {
			return '?'
		}
		return r
	}, s)
}
