// Package web has the pages: a look at what the server does and decides, and what people do to it, in a browser.
//
// It is rendered by html/template; script only makes it quicker, but for charts, live tail and live dialogue. It asks
// internal/operate for everything and knows no store. What strangers said is text: pass it through {{text .X}}, {{addr .X}},
// or {{plaintext .X}} inside an attribute. Never template.HTML, no inline script, no style attribute: the policy forbids them.
//
// # Writing a page
//
// templates/pages/NAME.html defines "content" (dot is the Page, yours is .Data) and, if it has buttons beside its title,
// "actions". The handler: shell.Page(w, r, status, "NAME", &Page{Title, Active, User, Flash: shell.TakeFlash(w, r), Data}).
// Errors: shell.ErrorFor(w, r, user, status, "One sentence: what is wrong, what to do."). After a POST: shell.SetFlash(w, r, DoneX, n)
// and Redirect(w, r, url); sentences are a table in flash.go. Mux: shell.Guard(mux, isUpload) outside, shell.Static() at /static/.
// Page.Secret for a page with a new token. Page.Mono: the title is an address or domain. Page.Crumbs, Page.Tabs: the way here, views beside it.
//
// # STYLE: functions
//
//	ago T   "3 min ago", exact on hover    when T  exact, UTC    dur D  "2 h 5 min"    num N   plural N "entry" "entries"
//	text addr plaintext (strangers)    commands (text with `commands`)    verdict "valid"    action "reject"    hoststate "up"    asset "app.css"    sign "warn"
//	notice "warn" "Title" "Text"
//
// # STYLE: blocks, each {{template "NAME" X}} with X of the type in blocks.go. Kinds: ok bad warn info off; write the word too
//
//	strip Strip       how a thing stands, in words, and what to do; at the top of a page about one thing
//	tiles []Tile      figures of an overview               notice Notice     an alert, a warning, an error of a whole form; several inside <div class="notices">
//	empty Empty       instead of an empty list; where List.Filtered() say so and link List.Clear()
//	filter Filter     filter form of a list; the first field is the wide one. Stands above #list
//	heads *List       <thead> with sorting links           pager Pager       below the table
//	field Field       one field with label, help, error; inside <form class="form panel" method="post">
//	refused []Link    on top of a form that was not saved: refused(fields) finds what is wrong, and focuses it; Page.Refused for the title
//	upload Upload     file form with progress bar      confirm Confirm   before something is destroyed; the server checks the field Typed
//	dialogue Dialogue lines of an SMTP dialogue        chart Chart   figure; Page.Charts = true        code Code   a token to copy
//
// Markup of your own, by class: panel (white box), prose (text at a readable width), columns (grid of panels, figures, forms),
// bar (things left and right), actions (row of buttons: <button class="primary|danger"> or <a class="button">), facts
// (<dl class="facts panel">), dim, mono, said (the destination's words), num, nowrap, vh (screen readers only), selection, spans.
//
// # STYLE: a list
//
//	{{template "filter" .Filter}}
//	<div id="list">                            what filter, sort and pager replace in place: everything that depends on them
//	<table class="data"><caption class="vh">Cached recipients</caption>{{template "heads" .List}}
//	<tbody>{{range .Rows}}<tr><td class="key">{{addr .Address}}</td><td>{{verdict .Verdict}}</td>
//	<td class="num" data-label="left">{{dur .Left}}</td><td class="said">{{text .Reply}}</td></tr>{{end}}</tbody></table>
//	{{template "pager" .Pager}}</div>
//
// Below 46 rem a row becomes an entry: .key is its first line, data-label goes before a value, .said is a line of its
// own; an empty td is left out, and one of class wide. State is in the URL: ReadList(r, ListSpec{Filters, Sorts,
// Columns}), then Get, Sort, Cursor, With, After, Before, First, Clear. One list a page. Selecting rows: a form around
// the table with <td class="tick"><input type=checkbox name=sel value aria-label>, a Column{Label: "All", All: true}
// first, <div class="selection"><button id data-needs-selection><span data-selected role="status">.
//
// # STYLE: script hooks (details in static/stream.js)
//
//	<tbody data-tail="/decisions/stream" data-rows="200" data-template="ID">  server-sent events, one JSON object each; <template id> has the
//	    rows of an entry: data-field="recipient" on any element, on .addr, .badge (verdict, action) or <time data-clock>; a dd without
//	    a value is left out; <a data-href="/search?q={recipient}">. [data-tail-state] says how it stands, [data-tail-count] how many
//	    wait, <button data-pause hidden> holds it, [data-tail-empty] goes at the first row. Open only while somebody looks.
//	<form method="post" data-stream data-into="ID-of-dialogue">  answers Accept: text/event-stream with events line {ms, who, text}, progress {done,
//	    total, text}, result {kind, word, text, changed: #list and [data-again] are fetched anew}, go {url}; shows result in [data-outcome].
//	    Without script the same POST answers with a page.
//	data-stream="upload" (the upload block): the same, for a file. A handler that streams flushes, and lifts the server's write timeout.
//	[data-renew] with an id: fetched anew every 15 s while somebody looks, and replaced where it has changed; no form that is filled in.
//
// testdata/gallery.html, which only tests serve, has every block once: TestEveryBlockInABrowser.
package web
