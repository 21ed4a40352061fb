package web

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"callout/internal/operate"
)

// Done is something that was done, as the page after it says. Only its code and counts travel, in a cookie that lasts a
// minute and is shown once: no text comes from the browser, and a link can't claim that something was done.
type Done string

const flashCookie = "callout_done"

// What a page can say that was done. {n entry|entries} becomes "1 entry" or "1 204 entries", {it|them} what fits that number,
// {time} the time that the number is, {heading} a heading by its place among those that there are. Each but {it|them} has a
// number of its own, in their order.
const (
	DoneAdded       Done = "added"
	DoneSaved       Done = "saved"
	DoneRemoved     Done = "removed"
	DoneCleared     Done = "cleared"
	DoneImported    Done = "imported"
	DoneNothing     Done = "nothing"
	DonePassword    Done = "password"
	DoneTokenGone   Done = "token-revoked"
	DoneUserRemoved Done = "user-removed"
	DoneLeft        Done = "left"
	DoneListed      Done = "listed"
	DoneUnlisted    Done = "unlisted"
	DoneForgotten   Done = "forgotten"

	DoneImportedBelow Done = "imported-below" // a heading
)

// What can be said of a pause that has begun or ended. The number of those with an end is that, in Unix time.
const (
	DonePaused         Done = "paused"
	DonePausedUntil    Done = "paused-until"
	DoneAllPaused      Done = "all-paused"
	DoneAllPausedUntil Done = "all-paused-until"
	DoneResumed        Done = "resumed"
	DoneResumedLoose   Done = "resumed-loose" // the domain's settings do not enforce
	DoneResumedAllBut  Done = "resumed-all-but"
	DoneStillPaused    Done = "still-paused"
	DoneNotPaused      Done = "not-paused"
	DoneAllPausedOnly  Done = "all-paused-only"
)

var sentences = map[Done]string{
	DonePaused:         "Paused: all recipients of the domain are accepted until it is resumed.",
	DonePausedUntil:    "Paused: all recipients of the domain are accepted until {time}, unless it is resumed before.",
	DoneAllPaused:      "Everything is paused: all recipients are accepted until it is resumed.",
	DoneAllPausedUntil: "Everything is paused: all recipients are accepted until {time}, unless it is resumed before.",
	DoneResumed:        "Resumed: verdicts count again.",
	DoneResumedLoose:   "Resumed. The domain's own settings do not enforce, so that all its recipients are accepted still.",
	DoneResumedAllBut:  "Resumed: verdicts count again. {n domain stays|domains stay} as {it is|they are}, by {a pause of its|pauses of their} own.",
	DoneStillPaused:    "The domain's own pause has ended. Everything is paused still, the domain too.",
	DoneNotPaused:      "Nothing was paused.",
	DoneAllPausedOnly:  "The domain has no pause of its own. Everything is paused, the domain too.",

	DoneAdded:       "The domain was added.",
	DoneSaved:       "Saved.",
	DoneRemoved:     "The domain was removed, and {n cached verdict|cached verdicts} with it.",
	DoneCleared:     "Cleared: {n cached verdict|cached verdicts} went. The next question for {it|each} asks the destination.",
	DoneImported:    imported,
	DoneNothing:     "Nothing was selected.",
	DonePassword:    "The password was changed. Every other session of the user has ended.",
	DoneTokenGone:   "The token was revoked. What used it is refused from now on.",
	DoneUserRemoved: "The user was removed, with sessions and tokens.",
	DoneLeft:        "You have logged out.",
	DoneListed:      "Added: {n local recipient|local recipients}. Any others were there already.",
	DoneUnlisted:    "Removed: {n local recipient|local recipients}.",
	DoneForgotten:   "Forgotten: what was learned of {n host|hosts}. The next question tries at once.",

	DoneImportedBelow: imported + " {heading}.",
}

const imported = "Imported: {n was added|were added}, {n was removed|were removed}. The list holds {n local recipient|local recipients} now."

// SetFlash has the next page that the browser shows say what was done, and to how many: as many numbers as the sentence has, 0 where
// nothing is counted.
func (s *Shell) SetFlash(w http.ResponseWriter, r *http.Request, done Done, n ...int64) {
	value := string(done)
	for _, one := range n {
		value += "." + strconv.FormatInt(one, 10)
	}
	http.SetCookie(w, s.flash(r, value, 60))
}

// TakeFlash returns what was just done, for Page.Flash, and forgets it; "" for nothing. Requests made by script leave it to the
// next whole page.
func (s *Shell) TakeFlash(w http.ResponseWriter, r *http.Request) string {
	c, err := r.Cookie(flashCookie)
	if err != nil || r.Header.Get("HX-Request") == "true" {
		return ""
	}
	http.SetCookie(w, s.flash(r, "", -1))
	code, counts, _ := strings.Cut(c.Value, ".")
	sentence, ok := sentences[Done(code)]
	if !ok {
		return ""
	}
	numbers := strings.SplitN(counts, ".", wanted(sentence)+1)
	if len(numbers) != wanted(sentence) {
		return ""
	}
	var n []int64
	for _, number := range numbers {
		one, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return ""
		}
		n = append(n, one)
	}
	return counted(sentence, n...)
}

func (s *Shell) flash(r *http.Request, value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: flashCookie, Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: secureCookie(r, s.tls),
	}
}

// wanted returns how many numbers a sentence has; one that has none is sent with a 0.
func wanted(sentence string) int {
	return max(1, strings.Count(sentence, "{n ")+strings.Count(sentence, "{time}")+strings.Count(sentence, "{heading}"))
}

// counted puts numbers in place of {n one|many} and the others, and one of the words in place of {one|many}, which is about the
// number before it. There must be as many as are wanted.
func counted(sentence string, n ...int64) string {
	var b strings.Builder
	var last int64
	for {
		before, rest, ok := strings.Cut(sentence, "{")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		var words string
		words, sentence, _ = strings.Cut(rest, "}")
		words, number := strings.CutPrefix(words, "n ")
		if number || words == "time" || words == "heading" {
			last, n = n[0], n[1:]
		}
		one, many, _ := strings.Cut(words, "|")
		switch {
		case number:
			one = Plural(last, one, many)
		case words == "time":
			one = time.Unix(last, 0).UTC().Format("2006-01-02 15:04") + " UTC"
		case words == "heading":
			one = headingText(last)
		case last != 1:
			one = many
		}
		b.WriteString(one)
	}
}

// headingText says which word was taken for a heading.
func headingText(place int64) string {
	all := operate.Headings()
	if place < 0 || place >= int64(len(all)) {
		return "Row 1 was taken as a heading"
	}
	return capital(operate.HeadingText(all[place]))
}
