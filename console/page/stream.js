'use strict';
// The one stream of events. All tabs share it where the browser can (SharedWorker): a browser has six connections to a host, and the seventh tab with a
// stream of its own would hang. This file is the worker's script, and a page's where there are no such workers.

// follow tells each message of the console, and how the connection is: {panel: 'link', state: 'open' | 'lost' | 'over'}.
function follow(tell) {
  let source, last;
  const link = state => tell(last = {panel: 'link', state, at: Date.now()});
  const open = () => {
    source = new EventSource('/events');
    source.onopen = () => link('open');
    source.onmessage = m => {
      const message = JSON.parse(m.data);
      if (message.panel === 'over') { source.close(); link('over'); } else tell(message);
    };
    source.onerror = async () => {
      if (last?.state !== 'lost') link('lost');
      if (source.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
      const answer = await fetch('/session').catch(() => null);
      if (answer?.status === 401) link('over'); else setTimeout(open, 2000);
    };
  };
  open();
  return () => { if (last?.state === 'over') { link('lost'); open(); } };
}

if ('onconnect' in self) {
  const tabs = new Set(), latest = new Map();
  const again = follow(message => {
    latest.set(message.panel, message);
    for (const tab of tabs) tab.postMessage(message);
  });
  self.onconnect = e => {
    const tab = e.ports[0];
    tabs.add(tab);
    tab.onmessage = m => { if (m.data === 'bye') tabs.delete(tab); };
    again();
    for (const message of latest.values()) tab.postMessage(message);
  };
}

// listen follows the stream from a page.
function listen(tell) {
  if (!self.SharedWorker) return follow(tell);
  const worker = new SharedWorker('stream.js', 'understudy');
  worker.port.onmessage = m => tell(m.data);
  self.addEventListener('pagehide', () => worker.port.postMessage('bye'));
  self.addEventListener('pageshow', e => { if (e.persisted) location.reload(); });
}
