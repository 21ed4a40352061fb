package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/spf13/cobra"

	"callout/internal/api"
	"callout/internal/operate"
)

// Entries of one change of an import, and the octets that the server takes in one.
const (
	importBatch = 20_000
	importBody  = 16 << 20
)

func (a *app) recipientsImport() *cobra.Command {
	var at contact
	var replace, asJSON bool
	cmd := &cobra.Command{
		Use:   "import DOMAIN FILE",
		Short: "Add the local recipients of a file to a domain",
		Long: `Add the local recipients of a file to a domain; - reads them from standard input. The file has one on each line, as
recipients = ["file:FILE"] in the configuration; a # begins a comment. It is read whole before anything is changed: a
line that can't be used is named, and nothing is changed.`,
		Args: arguments(2, 2, "a domain and a file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := at.dial()
			if err != nil {
				return err
			}
			entries, d, err := a.importFile(cmd.Context(), c, args[0], args[1])
			if err != nil {
				return err
			}
			if replace {
				return a.replaceRecipients(cmd.Context(), c, d, entries, asJSON)
			}
			return a.addRecipients(cmd.Context(), c, d, entries, asJSON)
		},
	}
	at.flags(cmd)
	jsonFlag(cmd, &asJSON)
	cmd.Flags().BoolVar(&replace, "replace", false, "remove those of run time that the file does not have")
	return cmd
}

// importFile reads what is to be imported, and the domain it is for.
func (a *app) importFile(ctx context.Context, c *client, domain, file string) ([]string, *operate.Domain, error) {
	var d operate.Domain
	if err := c.do(ctx, http.MethodGet, domainPath(domain), nil, &d); err != nil {
		return nil, nil, err
	}
	in, name := a.in, "standard input"
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, nil, &statusError{exitUsage, fmt.Errorf("%s: %w", file, plainPathError(err))}
		}
		defer f.Close()
		in, name = f, file
	}
	names := append([]string{d.Name}, d.Aliases...)
	if d.AliasOf != "" {
		names = append(names, d.AliasOf)
		d.Name = d.AliasOf
	}
	entries, err := readRecipients(io.LimitReader(in, maxRecipientsFile+1), name, names)
	if err != nil {
		return nil, nil, &statusError{exitUsage, err}
	}
	return entries, &d, nil
}

// addRecipients adds entries, in batches so that each is done in time.
func (a *app) addRecipients(ctx context.Context, c *client, d *operate.Domain, entries []string, asJSON bool) error {
	total := operate.RecipientsChanged{Domain: d.Name}
	for left := entries; len(left) > 0; {
		n := min(len(left), importBatch)
		var done operate.RecipientsChanged
		if err := c.do(ctx, http.MethodPatch, recipientsPath(d.Name), recipientChange{Add: left[:n]}, &done); err != nil {
			if len(left) < len(entries) {
				err = fmt.Errorf("after the first %d of %d entries, which are imported: %w", len(entries)-len(left), len(entries), err)
			}
			return err
		}
		total.Added += done.Added
		left = left[n:]
	}
	if asJSON {
		return printJSON(a, total)
	}
	a.out.line("%s: added %s%s", d.Name, count(total.Added, "local recipient"), others(len(entries)-total.Added, "there already"))
	return nil
}

// replaceRecipients puts entries in the place of all that were added at run time, at once.
func (a *app) replaceRecipients(ctx context.Context, c *client, d *operate.Domain, entries []string, asJSON bool) error {
	if entries == nil {
		entries = []string{}
	}
	var done operate.RecipientsSet
	err := c.do(ctx, http.MethodPut, recipientsPath(d.Name), map[string][]string{"recipients": entries}, &done)
	var p *api.Problem
	if errors.As(err, &p) && p.Status == http.StatusRequestEntityTooLarge {
		return fmt.Errorf("the file has more than %d MiB, too much to be replaced at once; import it without --replace", importBody>>20)
	}
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(a, done)
	}
	a.out.line("%s: %s from run time now", done.Domain, count(done.Stored, "local recipient"))
	return nil
}
