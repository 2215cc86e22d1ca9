// The same for runners that are not known: hooks are handed in. Run by node:test.

const assert = require('node:assert');
const hooks = require('node:test');

const { useServer } = require(process.env.RESPITE_JEST);

const server = useServer({ seed: 4711 }, hooks);

function ask(line) {
  const connection = server.connect();
  let text = '';
  connection.onData = (chunk) => {
    text += chunk;
  };
  connection.write(Buffer.from(line));
  connection.close();
  return text;
}

hooks.test('a first test', () => assert.equal(ask('SET k v\r\n'), '+OK\r\n'));
hooks.test('a second test', () => assert.equal(ask('GET k\r\n'), '$-1\r\n'));
