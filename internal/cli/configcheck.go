package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"callout/internal/config"
	"callout/internal/domains"
)

func (a *app) configCommand() *cobra.Command {
	var path string
	var asJSON bool
	check := &cobra.Command{
		Use:   "check",
		Short: "Say whether a configuration file can be used, and what is wrong where",
		Args:  arguments(0, 0, ""),
		RunE: func(*cobra.Command, []string) error {
			c, err := loadConfig(path)
			if err != nil {
				return err
			}
			s := summarise(path, c)
			if asJSON {
				return printJSON(a, s)
			}
			s.print(a)
			return nil
		},
	}
	configFlag(check, &path)
	jsonFlag(check, &asJSON)
	return group("config", "Look at the configuration", check)
}

// configSummary is what a configuration that is in order holds.
type configSummary struct {
	File       string   `json:"file"`
	Domains    int      `json:"domains"`
	Aliases    int      `json:"aliases"`
	Recipients int      `json:"recipients"`        // local ones
	Notices    []string `json:"notices,omitempty"` // what is in order and may be meant otherwise, a line each
}

func summarise(path string, c *config.Config) configSummary {
	s := configSummary{File: path, Domains: len(c.Domains)}
	var lenient, empty, idle []string
	for _, d := range c.Domains {
		s.Aliases += len(d.Aliases)
		s.Recipients += d.Recipients.Len()
		if !d.Settings.Enforce {
			lenient = append(lenient, d.Name)
		}
		switch {
		case d.Mode == domains.ModeList && d.Recipients.Len() == 0:
			empty = append(empty, d.Name)
		case d.Mode == domains.ModeCallout && d.Recipients.Len() > 0:
			idle = append(idle, d.Name)
		}
	}
	s.notice(lenient, "not enforced, what would be refused or deferred is accepted")
	s.notice(empty, `mode "list" without local recipients, all mail is deferred unless some were added at run time`)
	s.notice(idle, `mode "callout" with local recipients, which have no effect; "list+callout" accepts them`)
	return s
}

// notice notes something that is so for some domains.
func (s *configSummary) notice(names []string, what string) {
	const most = 5
	if len(names) == 0 {
		return
	}
	shown := strings.Join(names[:min(len(names), most)], ", ")
	if len(names) > most {
		shown += fmt.Sprintf(" and %d more", len(names)-most)
	}
	s.Notices = append(s.Notices, what+": "+shown)
}

func (s *configSummary) print(a *app) {
	line := fmt.Sprintf("%s: in order, %s", s.File, count(s.Domains, "domain"))
	if s.Aliases == 1 {
		line += ", 1 alias"
	} else if s.Aliases > 1 {
		line += fmt.Sprintf(", %d aliases", s.Aliases)
	}
	if s.Recipients > 0 {
		line += ", " + count(s.Recipients, "local recipient")
	}
	fmt.Fprintln(a.out, line)
	for _, notice := range s.Notices {
		fmt.Fprintln(a.out, notice)
	}
}
