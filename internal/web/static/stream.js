// Live things: a tail of what happens, a dialogue as it is spoken, an import as it goes. What comes over the wire is
// put into the page as text only.
'use strict';

const looks = {
  valid: ['ok', '✓'], invalid: ['bad', '✕'], unknown: ['warn', '?'], catch_all: ['info', '∗', 'catch-all'],
  accept: ['ok', '✓'], reject: ['bad', '✕'], defer: ['warn', '↻'], no_opinion: ['off', '–', 'no opinion'],
};

// Written out as visible.go does it; a thin space between two digits is one of the server's own numbers.
const odd = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]|(?! |(?<=[0-9])\u202f[0-9])\p{Zs}|[\ufe00-\ufe0f\u115f\u1160\u3164\uffa0\u034f]/gu;
function visible(text) {
  return String(text).replace(odd, (c) => '⟨U+' + c.codePointAt(0).toString(16).toUpperCase().padStart(4, '0') + '⟩');
}

function setBadge(element, name) {
  const [kind, sign, word] = looks[name] ?? ['off', ''];
  element.className = 'badge ' + kind;
  element.hidden = !name;
  const mark = Object.assign(document.createElement('span'), { className: 'sign', textContent: sign });
  mark.setAttribute('aria-hidden', 'true');
  element.replaceChildren(mark, word ?? visible(name ?? ''));
}

// setAddress shows an address as functions.go does: one that is not short may break behind its @ and dots, and elsewhere only within
// a long name.
function setAddress(element, text) {
  const parts = text.length > 24 ? visible(text).split(/(?<=[@.])/) : [visible(text)];
  element.classList.toggle('long', parts.some((part) => part.length > 30));
  element.replaceChildren(...parts.flatMap((part, i) => (i ? [document.createElement('wbr'), part] : [part])));
}

// fill puts the fields of an entry into a copy of a template: data-field names the field; a .badge and a <time> show it as such.
// data-href="/domains/{domain}" makes a link of fields.
function fill(row, entry) {
  for (const element of row.querySelectorAll('[data-field]')) {
    const value = entry[element.dataset.field];
    if (element.matches('.badge')) setBadge(element, value);
    else if (element.matches('.addr')) setAddress(element, value ?? '');
    else if (element.matches('time')) value && setTime(element, value);
    else element.textContent = value == null ? '' : visible(value);
    // A detail without a value is left out with its name.
    if (element.matches('dd')) element.hidden = element.previousElementSibling.hidden = !value;
  }
  for (const link of row.querySelectorAll('[data-href]')) {
    link.setAttribute('href', link.dataset.href.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(entry[name] ?? '')));
  }
}

// A tail: <tbody data-tail="URL" data-rows="200"> with a <template> for a row. A button [data-pause] holds it,
// [data-tail-state] says how it stands, [data-tail-count] how many wait. An event "lost" says that some were missed, "beat" how
// far it is while nothing comes. It is connected only while somebody looks: a browser has but six connections to a server.
class Tail {
  constructor(body) {
    this.body = body;
    this.template = body.querySelector('template') ?? document.getElementById(body.dataset.template);
    this.most = Number(body.dataset.rows) || 200; // entries, of as many rows each as the template has
    this.rows = this.most * this.template.content.childElementCount;
    this.waiting = [];
    this.state = document.querySelector('[data-tail-state]');
    this.count = document.querySelector('[data-tail-count]');
    this.button = document.querySelector('[data-pause]');
    if (this.button) this.button.hidden = false;
    this.button?.addEventListener('click', () => this.hold(!this.held));
    this.link = '';
    this.again = 5000; // ms until the next try, of its own
    document.addEventListener('visibilitychange', () => this.turn());
    addEventListener('pagehide', () => this.disconnect());
    addEventListener('pageshow', () => this.turn());
    this.turn();
  }

  // turn connects or not, as somebody looks or not.
  turn() {
    if (document.hidden) this.disconnect();
    else if (!this.source && !this.over) this.connect();
  }

  connect() {
    clearTimeout(this.retry);
    const url = new URL(this.body.dataset.tail, location.href);
    if (this.last) url.searchParams.set('after', this.last);
    const source = (this.source = new EventSource(url));
    const seen = (event) => (this.last = event.lastEventId || this.last);
    source.addEventListener('open', () => this.linked('live'));
    source.addEventListener('error', () => this.broken());
    source.addEventListener('beat', seen);
    source.addEventListener('message', (event) => {
      seen(event);
      this.take(JSON.parse(event.data));
    });
    source.addEventListener('lost', () => this.linked('live; some were missed, since too many came at once'));
  }

  disconnect() {
    clearTimeout(this.retry);
    clearTimeout(this.breaking);
    this.breaking = null;
    this.source?.close();
    this.source = null;
  }

  linked(text) {
    clearTimeout(this.breaking);
    this.breaking = null;
    this.again = 5000;
    this.link = text;
    this.tell();
  }

  // broken words a break that lasts. The browser itself tries again, but not after an answer that is none, as of a proxy whose
  // server is down: then it is done here, unless the server says that it is over.
  broken() {
    this.breaking ??= setTimeout(() => {
      this.link = 'the connection is gone, trying again';
      this.tell();
    }, 3000);
    if (this.source?.readyState !== EventSource.CLOSED) return;
    const source = this.source;
    this.retry = setTimeout(() => this.source === source && this.connect(), this.again * (0.8 + 0.4 * Math.random()));
    this.again = Math.min(2 * this.again, 30000);
    this.ask(source);
  }

  async ask(source) {
    try {
      const { status } = await fetch(source.url, { method: 'HEAD', headers: { Accept: 'text/event-stream' } });
      if (this.source !== source || status < 400 || status >= 500 || status === 408 || status === 429) return;
      this.disconnect();
      this.over = true;
      this.link = status === 401 ? 'ended: log in again' : 'ended: load the page again';
      this.tell();
    } catch {}
  }

  take(entry) {
    this.waiting.push(entry);
    if (this.waiting.length > this.most) this.waiting.shift();
    if (this.held) return this.tell();
    // Many entries in one frame are one change of the page.
    this.frame ??= setTimeout(() => this.show(), 100);
  }

  show() {
    this.frame = null;
    if (this.held) return this.tell();
    const rows = document.createDocumentFragment();
    for (const entry of this.waiting.splice(0).reverse()) {
      const row = this.template.content.cloneNode(true);
      fill(row, entry);
      for (const part of row.children) part.classList.add('fresh');
      rows.append(row);
    }
    this.body.prepend(rows);
    const shown = this.body.querySelectorAll(':scope > tr');
    for (let i = this.rows; i < shown.length; i++) shown[i].remove();
    for (const empty of document.querySelectorAll('[data-tail-empty]')) empty.hidden = true;
  }

  hold(on) {
    this.held = on;
    this.button.textContent = on ? 'Go on' : 'Hold the list';
    if (!on) this.show();
    this.tell();
  }

  // tell says how the tail stands, at most once a second: it is read out. How many wait is only for those who look.
  tell() {
    const n = this.waiting.length;
    if (this.count) this.count.textContent = this.held && n ? n + (n === this.most ? ' or more' : '') + ' waiting' : '';
    this.telling ??= setTimeout(() => {
      this.telling = null;
      this.told = performance.now();
      const text = this.held && !this.over ? 'paused' + (this.link.startsWith('live') ? '' : '; ' + this.link) : this.link;
      if (this.state && text && this.state.textContent !== text) this.state.textContent = text;
    }, Math.max(0, 1000 - (performance.now() - (this.told ?? -1000))));
  }
}

// Events cuts a text/event-stream into events and hands each on as (name, data).
class Events {
  constructor(take) {
    this.take = take;
    this.rest = '';
  }

  feed(text) {
    const parts = (this.rest + text).replace(/\r\n?/g, '\n').split('\n\n');
    this.rest = parts.pop();
    for (const part of parts) {
      let name = 'message';
      const data = [];
      for (const line of part.split('\n')) {
        if (line.startsWith('event:')) name = line.slice(6).trim();
        else if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''));
      }
      if (data.length) this.take(name, JSON.parse(data.join('\n')));
    }
  }
}

// A streamed form: <form method=post data-stream> is sent with Accept: text/event-stream. The answer's events:
//   line     {ms, who, text}           a line of the dialogue, into the [data-dialogue] that data-into names
//   progress {done, total, text}       into the form's [data-progress]
//   report   {html}                    what the server wrote of it all, into [data-report]; the dialogue is folded in it
//   result   {kind, word, text}        into [data-outcome]; with changed set, #list and [data-again] are fetched anew
//   go       {url}                     on to a page of this server
// Any other answer than a stream is a page: the form is sent again in the common way, unless it was a file.
class Stream {
  constructor(form) {
    this.form = form;
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      if (!this.busy) this.send(event.submitter);
    });
  }

  find(name) {
    return this.form.querySelector(name) ?? document.querySelector(name);
  }

  async send(submitter) {
    this.busy = true;
    this.ended = false;
    this.lines = document.getElementById(this.form.dataset.into);
    this.lines?.replaceChildren();
    if (this.lines) this.lines.hidden = false;
    this.outcome('', '');
    this.report('');
    submitter?.setAttribute('aria-disabled', 'true'); // disabled would take the keyboard's place away
    const events = new Events((name, data) => this.event(name, data));
    try {
      if (this.form.dataset.stream === 'upload') await this.upload(events);
      else await this.post(events, submitter);
      if (!this.ended) this.outcome('bad', 'The answer ended early. Try again.');
    } catch (problem) {
      this.outcome('bad', problem.message);
    }
    this.busy = false;
    if (this.lines?.childElementCount === 0) this.lines.hidden = true; // nobody was asked
    const bar = this.find('[data-progress]');
    if (bar) bar.hidden = true;
    submitter?.removeAttribute('aria-disabled');
  }

  async post(events, submitter) {
    const answer = await fetch(this.form.action, {
      method: 'POST', headers: { Accept: 'text/event-stream' }, body: new URLSearchParams(new FormData(this.form, submitter)),
    }).catch(() => { throw new Error(unreachable); });
    if (!answer.headers.get('Content-Type')?.startsWith('text/event-stream')) throw new Error(refusal(answer.status));
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { value, done } = await reader.read().catch(() => ({ done: true }));
      if (done) return;
      events.feed(value);
    }
  }

  // fetch does not say how far an upload is: XMLHttpRequest does.
  upload(events) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      let read = 0;
      const more = () => {
        if (!request.getResponseHeader('Content-Type')?.startsWith('text/event-stream')) return;
        events.feed(request.responseText.slice(read));
        read = request.responseText.length;
      };
      request.open('POST', this.form.action);
      request.setRequestHeader('Accept', 'text/event-stream');
      request.upload.addEventListener('progress', (event) => this.progress({ done: event.loaded, total: event.total, text: 'sent' }));
      request.addEventListener('progress', more);
      request.addEventListener('load', () => {
        more();
        if (read) resolve();
        else reject(new Error(refusal(request.status)));
      });
      request.addEventListener('error', () => reject(new Error('The connection broke. Nothing was imported unless the list says so.')));
      request.send(new FormData(this.form));
    });
  }

  event(name, data) {
    if (name === 'line') this.line(data);
    else if (name === 'progress') this.progress(data);
    else if (name === 'report') this.report(data.html);
    else if (name === 'result') {
      this.ended = true;
      this.outcome(data.kind, (data.word ? data.word + '. ' : '') + (data.text ?? ''));
      // What the page shows of it is old now.
      if (data.changed) renew('#list, [data-again]');
    } else if (name === 'go') {
      this.ended = true;
      if (/^\/(?![/\\])/.test(data.url)) location.assign(data.url);
    }
  }

  line({ ms, who, text }) {
    if (!this.lines || this.lines.childElementCount >= 2000) return;
    const line = document.createElement('p');
    line.className = { C: 'c', S: 's' }[who] ?? 'r';
    const part = (tag, name, words) => Object.assign(document.createElement(tag), { className: name, textContent: words });
    line.append(part('span', 'at', ms < 1000 ? Math.round(ms) + ' ms' : (ms / 1000).toFixed(1) + ' s'), part('b', '', who), part('span', 'what', visible(text)));
    const below = this.lines.scrollHeight - this.lines.scrollTop - this.lines.clientHeight < 40;
    this.lines.append(line);
    if (below) this.lines.scrollTop = this.lines.scrollHeight;
  }

  // The server's templates made it: what strangers said is text in it. Nothing in it runs, which the policy sees to as well.
  report(html) {
    const place = document.querySelector('[data-report]');
    if (!place) return;
    place.replaceChildren(...new DOMParser().parseFromString(html, 'text/html').body.childNodes);
    if (html && this.lines) this.lines.hidden = true;
  }

  progress({ done, total, text }) {
    const box = this.find('[data-progress]');
    if (!box) return;
    box.hidden = false;
    const share = total > 0 ? Math.round((100 * done) / total) : 0;
    box.querySelector('progress').value = share;
    box.querySelector('[data-progress-text]').textContent = share + ' % ' + visible(text ?? '');
  }

  outcome(kind, text) {
    const place = this.find('[data-outcome]');
    if (!place) return;
    const sign = { ok: '✓ ', bad: '✕ ', warn: '? ' }[kind] ?? '';
    place.className = 'outcome ' + kind;
    place.textContent = sign + visible(text);
    place.hidden = text === '';
  }
}

function refusal(status) {
  if (status >= 502 && status <= 504) return unreachable;
  if (status === 401 || status === 403) return 'The server refused it: log in again.';
  if (status === 413) return 'That is too large. Send less at a time.';
  return 'The server answered ' + status + '. Load the page again and try once more.';
}

for (const body of document.querySelectorAll('[data-tail]')) new Tail(body);
for (const form of document.querySelectorAll('form[data-stream]')) new Stream(form);
