#!/usr/bin/env node
/* Old syntax on purpose: this file must be understood by the Node versions that it refuses. */
var major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  process.stderr.write(
    'baton: needs Node 24 or newer, and this is ' +
      process.version +
      ': install a newer Node, or use `npm start` in a checkout, which brings its own\n',
  );
  process.exit(1);
}
import('../dist/main.js').catch(function (error) {
  process.stderr.write('baton: cannot start (' + error.message + '): in a checkout, run `npm run build` first\n');
  process.exitCode = 1;
});
