export function homeId(home: string): string | undefined;
export function sweepHome(home: string, env?: NodeJS.ProcessEnv): Promise<void>;
