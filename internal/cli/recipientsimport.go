package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"callout/internal/api"
	"callout/internal/operate"
)

// Entries of one change of an import, and the octets that the server takes in one.
const (
	importBatch = 20_000
	importBody  = 16 << 20
)

// importFlags are what import was told.
type importFlags struct {
	at                   contact
	replace, csv, asJSON bool
}

func (a *app) recipientsImport() *cobra.Command {
	var f importFlags
	cmd := &cobra.Command{
		Use:   "import DOMAIN FILE",
		Short: "Add the local recipients of a file to a domain",
		Long: `Add the local recipients of a file to a domain; - reads them from standard input. The file has one on each line, as
recipients = ["file:FILE"] in the configuration; a # begins a comment. It is read whole before anything is changed: a
line that can't be used is named, and nothing is changed.

A file whose name ends in .csv, or that begins with "recipient," as an export from the web interface does, is read as CSV:
the first column counts, a first row that says recipient, address or email is left out, which is said, and there are no
comments. All of it is taken, or nothing: line and column of what can't be used are named.`,
		Args: arguments(2, 2, "a domain and a file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.importRecipients(cmd.Context(), &f, args[0], args[1])
		},
	}
	f.at.flags(cmd)
	jsonFlag(cmd, &f.asJSON)
	cmd.Flags().BoolVar(&f.replace, "replace", false, "remove those of run time that the file does not have")
	cmd.Flags().BoolVar(&f.csv, "csv", false, "the file is CSV, whatever its name")
	return cmd
}

func (a *app) importRecipients(ctx context.Context, f *importFlags, domain, file string) error {
	c, err := f.at.dial()
	if err != nil {
		return err
	}
	var d operate.Domain
	if err := c.do(ctx, http.MethodGet, domainPath(domain), nil, &d); err != nil {
		return err
	}
	names := append([]string{d.Name}, d.Aliases...)
	if d.AliasOf != "" {
		names = append(names, d.AliasOf)
		d.Name = d.AliasOf
	}
	data, name, err := a.readFile(file)
	if err != nil {
		return &statusError{exitUsage, err}
	}
	if f.csv || isCSV(file, data) {
		err = a.importCSV(ctx, c, f, &d, data, name)
	} else {
		err = a.importLines(ctx, c, f, &d, data, name, names)
	}
	if err == nil {
		a.tellIgnored(&d)
	}
	return err
}

// importCSV has the server read CSV, as it does for everybody who sends it that.
func (a *app) importCSV(ctx context.Context, c *client, f *importFlags, d *operate.Domain, data []byte, name string) error {
	method := http.MethodPatch
	if f.replace {
		method = http.MethodPut
	}
	var done operate.RecipientsChanged
	if err := c.sendCSV(ctx, method, recipientsPath(d.Name), data, &done); err != nil {
		if p, ok := errors.AsType[*api.Problem](err); ok && (p.Status == http.StatusUnprocessableEntity || p.Status == http.StatusRequestEntityTooLarge) {
			return &statusError{exitUsage, wrongRows(name, p)} // what is wrong is in the file
		}
		return err
	}
	if f.asJSON {
		return printJSON(a, done)
	}
	removed := ""
	if f.replace {
		removed = fmt.Sprintf(", removed %d", done.Removed)
	}
	a.out.line("%s: added %s%s", done.Domain, count(done.Added, "local recipient"), removed)
	if done.Heading != "" {
		a.out.line("%s: %s", done.Domain, clean(operate.HeadingText(done.Heading)))
	}
	return nil
}

// wrongRows words what the server says of a file, with a line for each row that can't be used.
func wrongRows(name string, p *api.Problem) error {
	if len(p.Errors) < 2 {
		return fmt.Errorf("%s: %w", name, p)
	}
	var all []error
	for _, row := range p.Errors {
		all = append(all, fmt.Errorf("%s: %s: %s", name, clean(row.Field), clean(row.Detail)))
	}
	summary, _, _ := strings.Cut(p.Detail, "; the first is ")
	return errors.Join(append(all, fmt.Errorf("%s: %s", name, summary))...)
}

// importLines reads a file that has one on each line, and gives the server what it has.
func (a *app) importLines(ctx context.Context, c *client, f *importFlags, d *operate.Domain, data []byte, name string, names []string) error {
	entries, err := readRecipients(data, name, names)
	if err != nil {
		return &statusError{exitUsage, err}
	}
	if f.replace {
		return a.replaceRecipients(ctx, c, d, entries, f.asJSON)
	}
	return a.addRecipients(ctx, c, d, entries, f.asJSON)
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
