/** Settings of the service: `HOLDFAST_*` variables, read once and checked together. */
export { describeConfig } from './config/describe.js';
export {
  formatListenAddress,
  isLoopback,
  type ListenAddress,
  type TcpAddress,
} from './config/listen-address.js';
export { checkNodeVersion, type NodeVersionCheck } from './config/node-version.js';
export { packageVersion } from './config/package-version.js';
export { type Config, type ConfigResult, readConfig, type SettingOrigin } from './config/read.js';
export { LOG_LEVELS, type LogLevel, PACKAGED_POLICY_FILE } from './config/settings.js';
